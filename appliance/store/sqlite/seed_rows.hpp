// Rows of seed.
#pragma once

#include <optional>
#include <vector>

#include "appliance/store/sqlite/connection.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Seed>> find_seed(Connection& connection, const OrgId& org, const SeedId& id);
// By issuer, account and id, whatever the case of the labels.
Result<Page<Seed>> list_seeds(Connection& connection, const SeedFilter& filter, const PageRequest& page);
Result<std::uint64_t> count_seeds(Connection& connection, const OrgId& org);
Result<std::vector<SeedId>> find_seeds_by_fingerprint(Connection& connection, const OrgId& org,
                                                      const ByteArray<16>& fingerprint);
Result<std::vector<SeedDek>> list_seed_deks(Connection& connection, const OrgId& org, KeyVersion below,
                                            const SeedDekPlace& place, std::uint32_t limit);
Result<std::uint64_t> count_seeds_below(Connection& connection, const OrgId& org, KeyVersion below);
Result<bool> any_seed_below(Connection& connection, const OrgId& org, KeyVersion below);
Result<bool> rewrap_seed_dek(Connection& connection, const OrgId& org, const SeedDek& before, const SeedDek& after);
Status insert_seed(Connection& connection, const Seed& seed);
Status update_seed(Connection& connection, const Seed& seed);
Status remove_seed(Connection& connection, const OrgId& org, const SeedId& id);

}  // namespace kaito::store::sqlite
