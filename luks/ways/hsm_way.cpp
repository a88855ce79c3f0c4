#include "luks/ways/hsm_way.hpp"

#include <fmt/format.h>

namespace kaito::luks {
namespace {

constexpr std::size_t kMaxKeyName = 512;
constexpr std::size_t kMaxScheme = 64;
constexpr std::size_t kMaxWrapped = 1024;

}  // namespace

Result<HsmWay> make_hsm_way(KeyWrapper& hsm, Random& random) {
  const auto bytes = WayBytes::random(kWayBytes, random);
  KAITO_TRY(const KeyWrapper::Wrapped wrapped, hsm.wrap(bytes));
  const std::string name = hsm.name();
  if (name.empty() || name.size() > kMaxKeyName || wrapped.scheme.size() > kMaxScheme || wrapped.bytes.empty() ||
      wrapped.bytes.size() > kMaxWrapped)
    return fail(Code::hsm_key_rejected, "what the HSM wrapped does not fit into a token");
  KAITO_TRY(const WayBytes back, hsm.unwrap(wrapped));
  if (back != bytes) return fail(Code::hsm_key_rejected, "the HSM does not give back what it wrapped");
  return HsmWay{.secret = way_passphrase(bytes),
                .record = {.key = name, .scheme = wrapped.scheme, .wrapped = wrapped.bytes}};
}

Result<Passphrase> open_hsm_way(KeyWrapper& hsm, const HsmRecord& record) {
  if (hsm.name() != record.key)
    return fail(Code::wrong_state, fmt::format("the token was wrapped by another key: {}", record.key));
  KAITO_TRY(const WayBytes bytes, hsm.unwrap({.scheme = record.scheme, .bytes = record.wrapped}));
  if (bytes.size() != kWayBytes) return fail(Code::integrity, "the HSM gave a secret of another size");
  return way_passphrase(bytes);
}

}  // namespace kaito::luks
