#include "tests/fakes/hsm_key_wrapper/hsm_key_wrapper.hpp"

namespace kaito::test {
namespace {

Bytes aad() {
  const ByteView text = as_bytes("kaito volume");
  return {text.begin(), text.end()};
}

hsm::OrgKekRef reference(const hsm::WrappedOrgKek& kek) {
  return std::make_shared<hsm::OrgKek>(hsm::OrgKek{.version = 1, .wrapped = kek, .aad = aad()});
}

template <class T>
T wait_for(Future<T> future) {
  return sync_wait([](Future<T> awaited) -> Task<T> { co_return co_await std::move(awaited); }(std::move(future)));
}

}  // namespace

Result<luks::KeyWrapper::Wrapped> HsmKeyWrapper::wrap(const luks::WayBytes& secret) {
  KAITO_TRY(const auto kek, wait_for(client_.create_org_kek(1, aad())));
  std::vector<hsm::DekToWrap> one;
  one.push_back({.dek = Dek::copy_of(secret.expose_secret()), .aad = aad()});
  KAITO_TRY(const auto wrapped, wait_for(client_.wrap_deks(reference(kek), std::move(one))));
  KAITO_CHECK(wrapped.at(0));
  Wrapped result{.scheme = "kek-and-dek"};
  append_u16(result.bytes, static_cast<std::uint16_t>(kek.blob.size()));
  append(result.bytes, kek.blob);
  append(result.bytes, wrapped[0]->blob);
  return result;
}

Result<luks::WayBytes> HsmKeyWrapper::unwrap(const Wrapped& wrapped) {
  ByteReader reader(wrapped.bytes);
  KAITO_TRY(const std::uint16_t size, reader.u16());
  KAITO_TRY(const ByteView kek, reader.take(size));
  KAITO_TRY(const ByteView dek, reader.take(reader.remaining()));
  const hsm::WrappedOrgKek blob{.platform_version = 1, .blob = Bytes(kek.begin(), kek.end())};
  KAITO_TRY(const Dek secret,
            wait_for(client_.unwrap_dek(reference(blob), {.blob = Bytes(dek.begin(), dek.end())}, aad())));
  return luks::WayBytes::copy_of(secret.expose_secret());
}

}  // namespace kaito::test
