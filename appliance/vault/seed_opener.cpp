#include "appliance/vault/seed_opener.hpp"

#include <map>

namespace kaito::vault {
namespace {

hsm::WrappedDek wrapped_dek_of(const store::Seed& row) { return {.blob = row.wrapped_dek}; }

Bytes wrap_aad_of(const store::Seed& row) {
  return envelope::dek_wrap_aad(envelope::SeedBinding::of(row), row.kek_version);
}

Result<OpenSeed> open_with(Dek dek, const store::Seed& row, std::atomic<bool>* mac_is_right) {
  if (mac_is_right == nullptr || !mac_is_right->load(std::memory_order_acquire)) {
    KAITO_CHECK(envelope::check_row_mac(dek, row));
    if (mac_is_right != nullptr) mac_is_right->store(true, std::memory_order_release);
  }
  KAITO_TRY(Seed secret, envelope::open_seed(dek, row));
  return OpenSeed{std::move(dek), std::move(secret)};
}

// Whichever is wrong, the HSM's answer or the row: what was unwrapped is not kept, or one wrong answer would cost the
// seed's codes for a whole lease.
Result<OpenSeed> open_or_forget(keys::OrgKeys& keys, Dek dek, const store::Seed& row,
                                std::atomic<bool>* mac_is_right = nullptr) {
  auto opened = open_with(std::move(dek), row, mac_is_right);
  if (!opened) keys.purge_leases(row.org);
  return opened;
}

}  // namespace

Task<Result<Dek>> SeedOpener::open_dek(const store::Seed& row) {
  KAITO_CO_TRY(Dek dek, co_await keys_.unwrap_one(row.org, row.kek_version, wrapped_dek_of(row), wrap_aad_of(row),
                                                  Seconds(0), keys::KeyUse::change));
  KAITO_CO_CHECK(envelope::check_row_mac(dek, row));
  co_return dek;
}

Task<Result<OpenSeed>> SeedOpener::open(const store::Seed& row, Seconds lease, std::atomic<bool>* mac_is_right) {
  KAITO_CO_TRY(Dek dek,
               co_await keys_.unwrap_one(row.org, row.kek_version, wrapped_dek_of(row), wrap_aad_of(row), lease));
  co_return open_or_forget(keys_, std::move(dek), row, mac_is_right);
}

Task<Result<std::vector<Result<OpenSeed>>>> SeedOpener::open_all(OrgId org, const std::vector<store::Seed>& rows,
                                                                 Seconds lease) {
  std::map<KeyVersion, std::vector<std::size_t>> by_version;
  for (std::size_t i = 0; i < rows.size(); ++i) by_version[rows[i].kek_version].push_back(i);
  std::vector<Result<OpenSeed>> opened;
  opened.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) opened.emplace_back(fail(Code::internal, "not opened"));
  for (const auto& [version, indexes] : by_version) {
    std::vector<hsm::DekToUnwrap> wrapped;
    wrapped.reserve(indexes.size());
    for (const auto index : indexes) wrapped.push_back({wrapped_dek_of(rows[index]), wrap_aad_of(rows[index])});
    KAITO_CO_TRY(auto deks, co_await keys_.unwrap(org, version, std::move(wrapped), lease));
    for (std::size_t i = 0; i < indexes.size(); ++i)
      opened[indexes[i]] = deks[i] ? open_or_forget(keys_, *std::move(deks[i]), rows[indexes[i]])
                                   : Result<OpenSeed>(fail(std::move(deks[i]).error()));
  }
  co_return opened;
}

}  // namespace kaito::vault
