#include "hsm/dek_wrap.hpp"

#include <fmt/format.h>

#include "appliance/base/invariant.hpp"
#include "hsm/aes_gcm.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kGcmBlob = 1 + kGcmIvSize + kDekSize + kGcmTagSize;

Failure refused(std::string detail) {
  return Failure({.code = Code::integrity, .detail = std::move(detail)}, ReturnClass::data_error);
}

// What the token has just made itself cannot be a caller's bad data: a data error then is the token's failure.
TokenOutcome look_again(Session& session, ObjectHandle org_kek, ByteView blob, ByteView aad, ByteView dek) {
  ByteArray<kDekSize> opened{};
  auto outcome = unwrap_dek(session, org_kek, blob, aad, opened);
  const bool same = std::ranges::equal(opened, dek);
  wipe(opened);
  if (outcome && same) return {};
  if (outcome || outcome.error().kind == ReturnClass::data_error)
    return fail(Failure(
        Error{.code = Code::hsm_unavailable, .detail = "the token cannot open the DEK that it has just wrapped"}));
  return outcome;
}

}  // namespace

TokenResult<Bytes> wrap_dek(Session& session, ObjectHandle org_kek, WrapScheme scheme, ByteView dek, ByteView aad,
                            Random& random) {
  KAITO_INVARIANT(scheme == WrapScheme::aes_gcm && dek.size() == kDekSize);
  Bytes blob(kGcmBlob);
  blob[0] = static_cast<std::uint8_t>(scheme);
  const auto iv = std::span(blob).subspan(1, kGcmIvSize);
  random.fill(iv);
  KAITO_CHECK(gcm_seal(session, org_kek, iv, aad, dek, kGcmTagSize, std::span(blob).subspan(1 + kGcmIvSize)));
  KAITO_CHECK(look_again(session, org_kek, blob, aad, dek));
  return blob;
}

TokenOutcome unwrap_dek(Session& session, ObjectHandle org_kek, ByteView blob, ByteView aad,
                        std::span<std::uint8_t> dek) {
  if (blob.size() != kGcmBlob || blob[0] != static_cast<std::uint8_t>(WrapScheme::aes_gcm))
    return fail(
        refused(fmt::format("wrapped DEK of scheme {} with {} bytes", blob.empty() ? 0 : blob[0], blob.size())));
  return gcm_open(session, org_kek, blob.subspan(1, kGcmIvSize), aad, blob.subspan(1 + kGcmIvSize), kGcmTagSize, dek);
}

}  // namespace kaito::hsm
