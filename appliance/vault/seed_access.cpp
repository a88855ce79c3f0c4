#include "appliance/vault/seed_access.hpp"

#include <algorithm>

namespace kaito::vault {

Result<OrgId> org_of(const auth::Permit& permit) {
  if (!permit.org()) return fail(Code::internal, "the permit names no org");
  return *permit.org();
}

Result<store::Seed> reachable_seed(store::Reader& reader, const auth::Permit& permit, const SeedId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(auto row, reader.seed(org, id));
  if (!row) return fail(Code::not_found, "no such seed in the org");
  const auto visible = permit.principal().visible_groups();
  if (!visible) return *std::move(row);
  KAITO_TRY(const auto groups, reader.groups_of_seed(id));
  const bool shared = std::ranges::any_of(
      groups, [&visible](const GroupId& group) { return std::ranges::find(*visible, group) != visible->end(); });
  if (!shared) return fail(Code::not_found, "the seed is in none of the caller's groups");
  return *std::move(row);
}

}  // namespace kaito::vault
