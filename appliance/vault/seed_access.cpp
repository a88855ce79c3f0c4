#include "appliance/vault/seed_access.hpp"

#include <algorithm>

namespace kaito::vault {
namespace {

Status check_visible(const auth::Permit& permit, const std::vector<GroupId>& groups) {
  const auto visible = permit.principal().visible_groups();
  const bool shared = !visible || std::ranges::any_of(groups, [&visible](const GroupId& group) {
    return std::ranges::find(*visible, group) != visible->end();
  });
  if (!shared) return fail(Code::not_found, "the seed is in none of the caller's groups");
  return {};
}

}  // namespace

audit::Target seed_target(const SeedId& id) { return {.kind = "seed", .id = id.str()}; }

Result<OrgId> org_of(const auth::Permit& permit) {
  if (!permit.org()) return fail(Code::internal, "the permit names no org");
  return *permit.org();
}

Result<store::Seed> reachable_seed(store::Reader& reader, const auth::Permit& permit, const SeedId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(auto row, reader.seed(org, id));
  if (!row) return fail(Code::not_found, "no such seed in the org");
  if (!permit.principal().visible_groups()) return *std::move(row);
  KAITO_TRY(const auto groups, reader.groups_of_seed(id));
  KAITO_CHECK(check_visible(permit, groups));
  return *std::move(row);
}

Result<SeedRows::Reached> SeedRows::reachable(const auth::Permit& permit, const SeedId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(const auto found, known_.get({org, id}, [&](store::Reader& reader) -> Result<std::optional<Shared>> {
    KAITO_TRY(auto row, reader.seed(org, id));
    if (!row) return std::nullopt;
    KAITO_TRY(auto groups, reader.groups_of_seed(id));
    KAITO_TRY(const auto owner, reader.org(org));
    const Seconds lease = owner && owner->dek_lease ? Seconds(*owner->dek_lease) : default_lease_;
    return Shared{*std::move(row), std::move(groups), lease, std::make_shared<std::atomic<bool>>(false)};
  }));
  if (!found) return fail(Code::not_found, "no such seed in the org");
  KAITO_CHECK(check_visible(permit, found->groups));
  return Reached{std::shared_ptr<const store::Seed>(found, &found->row), found->lease, found->mac_is_right};
}

}  // namespace kaito::vault
