#include "provisioning/token_key.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::string_view kKey = "pkcs11:object=kaito-volume";
constexpr std::string_view kScheme = "adopted-kek-and-dek-1";

// Binds both blobs to their purpose: neither passes for an org's.
Bytes purpose() {
  constexpr std::string_view kPurpose = "kaito/volume/v1";
  return {kPurpose.begin(), kPurpose.end()};
}

hsm::OrgKekRef reference(Bytes blob) {
  return std::make_shared<hsm::OrgKek>(
      hsm::OrgKek{.version = 1, .wrapped = {.platform_version = 0, .blob = std::move(blob)}, .aad = purpose()});
}

template <class T>
Result<T> wait_for(Future<Result<T>> future) {
  auto waiting = [](Future<Result<T>> awaited) -> Task<Result<T>> { co_return co_await awaited; };
  return sync_wait(waiting(std::move(future)));
}

}  // namespace

Result<std::unique_ptr<TokenKey>> TokenKey::connect(const HsmPlan& hsm, const Places& places, const Clock& clock) {
  KAITO_TRY(auto config, token_config(hsm, places));
  config.customer = true;  // one key by its name, and nothing else of the token
  std::unique_ptr<TokenKey> key(new TokenKey(clock));
  KAITO_TRY(key->client_, hsm::Client::start(std::move(config), clock, key->log_));
  return key;
}

std::string TokenKey::name() const { return std::string(kKey); }

Result<luks::KeyWrapper::Wrapped> TokenKey::wrap(const luks::WayBytes& secret) {
  KAITO_TRY(auto kek, wait_for(client_->adopt_org_kek(std::string(kKey), /*make=*/true, purpose())));
  std::vector<hsm::DekToWrap> one;
  one.push_back({.dek = Dek::copy_of(secret.expose_secret()), .aad = purpose()});
  KAITO_TRY(const auto wrapped, wait_for(client_->wrap_deks(reference(kek.blob), std::move(one))));
  KAITO_CHECK(wrapped.at(0));
  Wrapped result{.scheme = std::string(kScheme), .bytes = {}};
  append_u16(result.bytes, static_cast<std::uint16_t>(kek.blob.size()));
  append(result.bytes, kek.blob);
  append(result.bytes, wrapped[0]->blob);
  return result;
}

Result<luks::WayBytes> TokenKey::unwrap(const Wrapped& wrapped) {
  if (wrapped.scheme != kScheme)
    return fail(Code::wrong_state, "the volume's token names another scheme: " + wrapped.scheme);
  ByteReader reader(wrapped.bytes);
  KAITO_TRY(const std::uint16_t size, reader.u16());
  KAITO_TRY(const ByteView kek, reader.take(size));
  KAITO_TRY(const ByteView dek, reader.take(reader.remaining()));
  KAITO_TRY(const Dek secret, wait_for(client_->unwrap_dek(reference(Bytes(kek.begin(), kek.end())),
                                                           {.blob = Bytes(dek.begin(), dek.end())}, purpose())));
  return luks::WayBytes::copy_of(secret.expose_secret());
}

}  // namespace kaito::provisioning
