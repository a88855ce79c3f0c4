// A session with a token and what can be done in it. Not thread-safe: one thread owns a session (PKCS#11 §5.2).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "hsm/attribute_template.hpp"
#include "hsm/cryptoki.hpp"
#include "hsm/mechanism.hpp"
#include "hsm/object_handle.hpp"

namespace kaito::hsm {

class Session {
 public:
  // Closed; see open().
  explicit Session(Cryptoki cryptoki) noexcept : cryptoki_(cryptoki) {}
  ~Session() { close(); }  // C_CloseSession
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // C_OpenSession, read/write. A new epoch: every handle given out before is refused from now on.
  TokenOutcome open(Cryptoki cryptoki, CK_SLOT_ID slot);
  void close() noexcept;
  TokenOutcome login(CK_USER_TYPE user, ByteView pin);
  // While the security officer is logged in (C_InitPIN).
  TokenOutcome init_pin(ByteView pin);
  TokenOutcome logout();
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

  TokenResult<ObjectHandle> create_object(AttributeTemplate attributes);
  TokenOutcome destroy(ObjectHandle object);
  // At most 1024; more is an error. Searches twice, since one that ends early looks like a key that is gone.
  TokenResult<std::vector<ObjectHandle>> find(AttributeTemplate attributes);

  // Nothing where the token does not know the attribute for the object. Read twice: attributes decide which key is
  // which and whether it is trusted.
  TokenResult<std::optional<bool>> flag(ObjectHandle object, CK_ATTRIBUTE_TYPE type);
  TokenResult<std::optional<CK_ULONG>> number(ObjectHandle object, CK_ATTRIBUTE_TYPE type);
  // CKA_VALUE of a key that may be read; it must have the size of `out`.
  TokenOutcome value(ObjectHandle object, std::span<std::uint8_t> out);
  // At most 4096 bytes.
  TokenResult<std::optional<Bytes>> bytes(ObjectHandle object, CK_ATTRIBUTE_TYPE type);

  TokenResult<ObjectHandle> generate_key(CK_MECHANISM* mechanism, AttributeTemplate attributes);
  struct KeyPair {
    ObjectHandle public_key;
    ObjectHandle private_key;
  };
  TokenResult<KeyPair> generate_key_pair(CK_MECHANISM* mechanism, AttributeTemplate public_attributes,
                                         AttributeTemplate private_attributes);
  TokenResult<Bytes> wrap(CK_MECHANISM* mechanism, ObjectHandle wrapping_key, ObjectHandle key);
  TokenResult<ObjectHandle> unwrap(CK_MECHANISM* mechanism, ObjectHandle unwrapping_key, ByteView wrapped,
                                   AttributeTemplate attributes);

  // The following write to `out`, which must be large enough, and return how many bytes they wrote. SoftHSM asks
  // C_Decrypt for a buffer of the ciphertext's size, tag included.
  TokenResult<std::size_t> encrypt(CK_MECHANISM* mechanism, ObjectHandle key, ByteView plaintext,
                                   std::span<std::uint8_t> out);
  TokenResult<std::size_t> decrypt(CK_MECHANISM* mechanism, ObjectHandle key, ByteView ciphertext,
                                   std::span<std::uint8_t> out);
  TokenResult<std::size_t> sign(CK_MECHANISM* mechanism, ObjectHandle key, ByteView message,
                                std::span<std::uint8_t> out);
  // A signature that does not match is a data_error.
  TokenOutcome verify(CK_MECHANISM* mechanism, ObjectHandle key, ByteView message, ByteView signature);

 private:
  TokenOutcome usable(ObjectHandle object) const;
  TokenResult<std::vector<ObjectHandle>> search(AttributeTemplate& attributes);
  TokenOutcome find_all(std::vector<ObjectHandle>& objects);
  // Nothing where the token does not know the attribute.
  TokenResult<std::optional<std::size_t>> read_up_to(ObjectHandle object, CK_ATTRIBUTE_TYPE type,
                                                     std::span<std::uint8_t> out);
  TokenResult<std::optional<std::size_t>> read_twice(ObjectHandle object, CK_ATTRIBUTE_TYPE type,
                                                     std::span<std::uint8_t> out);
  TokenOutcome read_attribute(ObjectHandle object, CK_ATTRIBUTE& attribute);
  Cryptoki cryptoki_;
  CK_SESSION_HANDLE handle_ = CK_INVALID_HANDLE;
  bool open_ = false;
  std::uint64_t epoch_ = 0;
};

// A session object that is destroyed with its owner.
class OwnedObject {
 public:
  OwnedObject() = default;
  OwnedObject(Session& session, ObjectHandle handle) noexcept : session_(&session), handle_(handle) {}
  OwnedObject(OwnedObject&& other) noexcept
      : session_(std::exchange(other.session_, nullptr)), handle_(other.handle_) {}
  OwnedObject& operator=(OwnedObject&& other) noexcept;
  OwnedObject(const OwnedObject&) = delete;
  OwnedObject& operator=(const OwnedObject&) = delete;
  ~OwnedObject() { reset(); }  // C_DestroyObject
  [[nodiscard]] ObjectHandle handle() const noexcept { return handle_; }
  void reset() noexcept;

 private:
  Session* session_ = nullptr;
  ObjectHandle handle_;
};

}  // namespace kaito::hsm
