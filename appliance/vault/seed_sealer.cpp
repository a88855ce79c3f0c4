#include "appliance/vault/seed_sealer.hpp"

#include "appliance/vault/seed_parameters.hpp"

namespace kaito::vault {
namespace {

store::Seed row_for(const store::Org& org, NewSeed& seed, const Clock& clock, Random& random) {
  store::Seed row;
  row.id = SeedId::make(clock, random);
  row.org = org.id;
  row.parameters = to_row(seed.parameters);
  row.issuer = std::move(seed.issuer);
  row.account = std::move(seed.account);
  row.counter = seed.counter;
  row.kek_version = org.kek_version;
  row.created_at = clock.now();
  return row;
}

}  // namespace

Status check_kek_version(store::Reader& reader, const store::Seed& row) {
  KAITO_TRY(const auto org, reader.org(row.org));
  if (!org) return fail(Code::not_found, "no such org");
  if (row.kek_version >= org->oldest_kek_version) return {};
  return fail(Code::hsm_unavailable, "the org's key was rotated while the seed was sealed");
}

Task<Result<std::vector<store::Seed>>> SeedSealer::seal(store::Org org, std::vector<NewSeed> seeds) {
  KAITO_CO_TRY(const Dek index, co_await index_key(org));
  std::vector<store::Seed> rows;
  std::vector<hsm::DekToWrap> deks;
  rows.reserve(seeds.size());
  deks.reserve(seeds.size());
  for (auto& seed : seeds) {
    store::Seed row = row_for(org, seed, clock_, random_);
    Dek dek = Dek::random(envelope::kDekBytes, random_);
    KAITO_CO_CHECK(envelope::seal_seed(dek, seed.secret, random_, row));
    row.row_mac = envelope::row_mac(dek, row);
    row.fingerprint = envelope::fingerprint(index, seed.secret, row.parameters);
    seed.secret.reset();
    deks.push_back({std::move(dek), envelope::dek_wrap_aad(envelope::SeedBinding::of(row), row.kek_version)});
    rows.push_back(std::move(row));
  }
  KAITO_CO_TRY(auto wrapped, co_await keys_.wrap(org.id, org.kek_version, std::move(deks)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    KAITO_CO_TRY(hsm::WrappedDek dek, std::move(wrapped[i]));
    rows[i].wrapped_dek = std::move(dek.blob);
  }
  co_return rows;
}

Task<Result<std::vector<ByteArray<16>>>> SeedSealer::fingerprints(store::Org org, const std::vector<NewSeed>& seeds) {
  KAITO_CO_TRY(const Dek index, co_await index_key(org));
  std::vector<ByteArray<16>> prints;
  prints.reserve(seeds.size());
  for (const auto& seed : seeds) prints.push_back(envelope::fingerprint(index, seed.secret, to_row(seed.parameters)));
  co_return prints;
}

Task<Status> SeedSealer::make_index_key(store::Org& org) {
  std::vector<hsm::DekToWrap> keys;
  keys.push_back({Dek::random(envelope::kDekBytes, random_), envelope::index_key_aad(org.id, org.kek_version)});
  KAITO_CO_TRY(auto wrapped, co_await keys_.wrap(org.id, org.kek_version, std::move(keys)));
  KAITO_CO_TRY(hsm::WrappedDek key, std::move(wrapped.front()));
  org.wrapped_index_key = std::move(key.blob);
  co_return Status{};
}

Task<Result<Dek>> SeedSealer::index_key(const store::Org& org) {
  co_return co_await keys_.unwrap_one(org.id, org.kek_version, {.blob = org.wrapped_index_key},
                                      envelope::index_key_aad(org.id, org.kek_version), Seconds(0),
                                      keys::KeyUse::index_key);
}

}  // namespace kaito::vault
