#include "hsm/dek_wrap.hpp"

#include <sodium.h>

#include "appliance/base/invariant.hpp"
#include "hsm/aes_gcm.hpp"
#include "hsm/aes_key_wrap.hpp"

namespace kaito::hsm {
namespace {

constexpr std::string_view kDekBindingPurpose = "kaito DEK binding v1";
constexpr std::size_t kGcmBlob = 1 + kGcmIvSize + kDekSize + kGcmTagSize;
constexpr std::size_t kBindingSize = crypto_auth_hmacsha256_BYTES;
constexpr std::size_t kKeyWrapBlob = 1 + kKeyWrapSize + kBindingSize;

// Key wrap has no AAD, so the DEK authenticates its own place: HMAC-SHA256 under it. Everything before the AAD has a
// fixed size: no two different inputs give the same text.
ByteArray<kBindingSize> binding_of(ByteView dek, ByteView head, ByteView aad) {
  crypto_auth_hmacsha256_state state{};
  ByteArray<kBindingSize> binding{};
  crypto_auth_hmacsha256_init(&state, dek.data(), dek.size());
  for (const ByteView part : {as_bytes(kDekBindingPurpose), head, aad})
    crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  crypto_auth_hmacsha256_final(&state, binding.data());
  sodium_memzero(&state, sizeof state);
  return binding;
}

KeyWrap kind_of(WrapScheme scheme) { return scheme == WrapScheme::aes_kw ? KeyWrap::kw : KeyWrap::kwp; }

TokenOutcome unwrap_key(Session& session, ObjectHandle org_kek, const WrapMethods& methods, WrapScheme scheme,
                        ByteView wrapped, std::span<std::uint8_t, kDekSize> dek) {
  // An org KEK is allowed one or the other, by what new DEKs use.
  if (methods.dek_natively && methods.native(scheme) != 0)
    return unwrap_natively(session, methods.native(scheme), org_kek, wrapped, dek);
  if (!methods.dek_natively && methods.blocks != 0)
    return unwrap_by_blocks(session, methods.blocks, kind_of(scheme), org_kek, wrapped, dek);
  return fail(Failure(Error{.code = Code::hsm_unsupported,
                            .detail = fmt::format("a DEK was wrapped by scheme {}, which this token does not do",
                                                  static_cast<unsigned>(scheme))}));
}

TokenOutcome open_key_wrap(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView blob,
                           ByteView aad, std::span<std::uint8_t, kDekSize> dek) {
  const ByteView head = blob.first(1 + kKeyWrapSize);
  KAITO_CHECK(unwrap_key(session, org_kek, methods, static_cast<WrapScheme>(blob[0]), head.subspan(1), dek));
  const auto binding = binding_of(dek, head, aad);
  if (sodium_memcmp(binding.data(), blob.data() + head.size(), binding.size()) == 0) return {};
  return fail(refused_data("a wrapped DEK is bound to another place"));
}

TokenOutcome open(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView blob, ByteView aad,
                  std::span<std::uint8_t, kDekSize> dek) {
  const std::uint8_t scheme = blob.empty() ? 0 : blob[0];
  if (scheme == static_cast<std::uint8_t>(WrapScheme::aes_gcm) && blob.size() == kGcmBlob)
    return gcm_open(session, org_kek, blob.subspan(1, kGcmIvSize), aad, blob.subspan(1 + kGcmIvSize), kGcmTagSize, dek);
  if ((scheme == static_cast<std::uint8_t>(WrapScheme::aes_kw) ||
       scheme == static_cast<std::uint8_t>(WrapScheme::aes_kwp)) &&
      blob.size() == kKeyWrapBlob)
    return open_key_wrap(session, org_kek, methods, blob, aad, dek);
  return fail(refused_data(fmt::format("wrapped DEK of scheme {} with {} bytes", scheme, blob.size())));
}

TokenResult<Bytes> seal(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView dek, ByteView aad,
                        Random& random) {
  const bool gcm = methods.dek == WrapScheme::aes_gcm;
  Bytes blob(gcm ? kGcmBlob : kKeyWrapBlob);
  blob[0] = static_cast<std::uint8_t>(methods.dek);
  if (gcm) {
    const auto iv = std::span(blob).subspan(1, kGcmIvSize);
    random.fill(iv);
    KAITO_CHECK(gcm_seal(session, org_kek, iv, aad, dek, kGcmTagSize, std::span(blob).subspan(1 + kGcmIvSize)));
    return blob;
  }
  const auto wrapped = std::span(blob).subspan<1, kKeyWrapSize>();
  KAITO_CHECK(methods.dek_natively
                  ? wrap_natively(session, methods.native(methods.dek), org_kek, dek, wrapped)
                  : wrap_by_blocks(session, methods.blocks, kind_of(methods.dek), org_kek, dek, wrapped));
  const auto head = ByteView(blob).first(1 + kKeyWrapSize);
  std::ranges::copy(binding_of(dek, head, aad), std::span(blob).subspan(head.size()).begin());
  return blob;
}

// What the token has just made itself cannot be a caller's bad data: a data error then is the token's failure.
TokenOutcome look_again(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView blob, ByteView aad,
                        ByteView dek) {
  ByteArray<kDekSize> opened{};
  auto outcome = open(session, org_kek, methods, blob, aad, opened);
  const bool same = std::ranges::equal(opened, dek);
  wipe(opened);
  if (outcome && same) return {};
  if (outcome || outcome.error().kind == ReturnClass::data_error)
    return fail(Failure(
        Error{.code = Code::hsm_unavailable, .detail = "the token cannot open the DEK that it has just wrapped"}));
  return outcome;
}

}  // namespace

AttributeTemplate&& allow_wrapping_deks(AttributeTemplate&& attributes, const WrapMethods& methods) {
  return std::move(attributes)
      .flag(CKA_ENCRYPT, !methods.dek_natively)
      .flag(CKA_DECRYPT, !methods.dek_natively)
      .flag(CKA_WRAP, methods.dek_natively)
      .flag(CKA_UNWRAP, methods.dek_natively);
}

TokenResult<Bytes> wrap_dek(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView dek,
                            ByteView aad, Random& random) {
  KAITO_INVARIANT(dek.size() == kDekSize);
  KAITO_TRY(Bytes blob, seal(session, org_kek, methods, dek, aad, random));
  KAITO_CHECK(look_again(session, org_kek, methods, blob, aad, dek));
  return blob;
}

TokenOutcome unwrap_dek(Session& session, ObjectHandle org_kek, const WrapMethods& methods, ByteView blob, ByteView aad,
                        std::span<std::uint8_t> dek) {
  KAITO_INVARIANT(dek.size() == kDekSize);
  auto outcome = open(session, org_kek, methods, blob, aad, dek.first<kDekSize>());
  if (!outcome) wipe(dek);
  return outcome;
}

}  // namespace kaito::hsm
