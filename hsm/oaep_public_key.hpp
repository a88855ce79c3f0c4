// The public half of an RSA pair in a token, as the token's private key names it: wraps without asking the token.
#pragma once

#include <memory>

#include "appliance/base/bytes.hpp"

// OpenSSL's, named here so that who includes this needs none of its headers.
struct evp_pkey_st;

namespace kaito::hsm {

inline constexpr std::size_t kOaepModulusBits = 3072;  // as strong as AES-128, NIST SP 800-57 part 1 §5.6.1
inline constexpr std::size_t kOaepSize = kOaepModulusBits / 8;

class OaepPublicKey {
 public:
  // Big-endian, as in CKA_MODULUS and CKA_PUBLIC_EXPONENT. hsm_key_rejected: the modulus is not of kOaepModulusBits, or
  // the exponent not an odd number of 65537 to 2^256 (FIPS 186-5 §A.1.1); `detail` says which. A larger modulus gives
  // more bytes than a store has room for (kMaxWrappedDek).
  static Result<OaepPublicKey> make(ByteView modulus, ByteView exponent);

  // RSAES-OAEP, RFC 8017 §7.1, as OaepMechanism has it: SHA-1, MGF1 with SHA-1, no label. At most 342 bytes.
  [[nodiscard]] Result<ByteArray<kOaepSize>> encrypt(ByteView plaintext) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;
  explicit OaepPublicKey(Handle key) noexcept : key_(std::move(key)) {}
  Handle key_;
};

}  // namespace kaito::hsm
