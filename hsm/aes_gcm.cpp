#include "hsm/aes_gcm.hpp"

#include "appliance/base/invariant.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::hsm {
namespace {

// Room for a DEK and its tag without an allocation; longer plaintexts occur in known answers and test vectors only.
constexpr std::size_t kUsual = 64;

Failure odd_size(std::size_t got, std::size_t wanted) {
  return Failure(
      Error{.code = Code::hsm_unsupported, .detail = fmt::format("AES-GCM gave {} bytes, not {}", got, wanted)});
}

TokenOutcome open_through(Session& session, ObjectHandle key, GcmMechanism& mechanism, ByteView sealed,
                          std::span<std::uint8_t> buffer, std::span<std::uint8_t> out) {
  auto size = session.decrypt(mechanism.get(), key, sealed, buffer);
  if (size && *size == out.size()) std::ranges::copy(buffer.first(out.size()), out.begin());
  wipe(buffer);
  if (!size) return fail(std::move(size).error());
  if (*size != out.size()) return fail(odd_size(*size, out.size()));
  return {};
}

}  // namespace

TokenOutcome gcm_seal(Session& session, ObjectHandle key, std::span<std::uint8_t> iv, ByteView aad, ByteView plaintext,
                      std::size_t tag_size, std::span<std::uint8_t> out) {
  KAITO_INVARIANT(out.size() == plaintext.size() + tag_size);
  GcmMechanism mechanism(iv, aad, tag_size);
  KAITO_TRY(const std::size_t size, session.encrypt(mechanism.get(), key, plaintext, out));
  if (size != out.size()) return fail(odd_size(size, out.size()));
  return {};
}

TokenOutcome gcm_open(Session& session, ObjectHandle key, ByteView iv, ByteView aad, ByteView sealed,
                      std::size_t tag_size, std::span<std::uint8_t> out) {
  KAITO_INVARIANT(sealed.size() == out.size() + tag_size);
  std::ranges::fill(out, std::uint8_t{0});
  // Decryption takes the IV as it is.
  GcmMechanism mechanism({const_cast<std::uint8_t*>(iv.data()), iv.size()}, aad, tag_size);
  if (sealed.size() <= kUsual) {
    ByteArray<kUsual> buffer{};
    return open_through(session, key, mechanism, sealed, buffer, out);
  }
  Bytes buffer(sealed.size());
  return open_through(session, key, mechanism, sealed, buffer, out);
}

}  // namespace kaito::hsm
