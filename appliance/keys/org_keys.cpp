#include "appliance/keys/org_keys.hpp"

#include "appliance/envelope/binding.hpp"

namespace kaito::keys {
namespace {
constexpr std::size_t kMaxRemembered = 16'384;
}

Task<Status> OrgKeys::create(OrgId org, KeyVersion version) {
  Bytes aad = envelope::org_kek_aad(org, version);
  KAITO_CO_TRY(hsm::WrappedOrgKek wrapped, co_await hsm_.create_org_kek(platform_version_, std::move(aad)));
  co_return keyring_.insert(
      {.org = org, .version = version, .platform_version = wrapped.platform_version, .blob = std::move(wrapped.blob)});
}

Task<Result<std::vector<Result<hsm::WrappedDek>>>> OrgKeys::wrap(OrgId org, KeyVersion version,
                                                                 std::vector<hsm::DekToWrap> deks) {
  KAITO_CO_TRY(auto kek, find(org, version));
  co_return co_await hsm_.wrap_deks(std::move(kek), std::move(deks));
}

Task<Result<std::vector<Result<Dek>>>> OrgKeys::unwrap(OrgId org, KeyVersion version,
                                                       std::vector<hsm::DekToUnwrap> deks) {
  KAITO_CO_TRY(auto kek, find(org, version));
  co_return co_await hsm_.unwrap_deks(std::move(kek), std::move(deks));
}

Task<Result<Dek>> OrgKeys::unwrap_one(OrgId org, KeyVersion version, hsm::WrappedDek wrapped, Bytes aad) {
  KAITO_CO_TRY(auto kek, find(org, version));
  co_return co_await hsm_.unwrap_dek(std::move(kek), wrapped, std::move(aad));
}

Status OrgKeys::remove(const OrgId& org) {
  {
    const std::unique_lock lock(mutex_);
    std::erase_if(remembered_, [&org](const auto& entry) { return entry.first.org == org; });
  }
  return keyring_.remove(org);
}

Result<hsm::OrgKekRef> OrgKeys::find(const OrgId& org, KeyVersion version) {
  const Name name{org, version};
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = remembered_.find(name); found != remembered_.end()) return found->second;
  }
  KAITO_TRY(auto entry, keyring_.find(org, version));
  if (!entry)
    return fail(Code::integrity, fmt::format("the keyring has no KEK version {} of org {}", version, org.str()));
  auto kek = std::make_shared<const hsm::OrgKek>(
      hsm::OrgKek{.org = org,
                  .version = version,
                  .wrapped = {.platform_version = entry->platform_version, .blob = std::move(entry->blob)},
                  .aad = envelope::org_kek_aad(org, version)});
  const std::unique_lock lock(mutex_);
  if (remembered_.size() >= kMaxRemembered) remembered_.erase(remembered_.begin());
  remembered_.insert_or_assign(name, kek);
  return kek;
}

}  // namespace kaito::keys
