#include "appliance/vault/directory_rules.hpp"

#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {

store::MemberRole acting_role(const auth::Permit& permit) noexcept {
  if (const auto* member = permit.principal().member()) return member->role;
  return permit.principal().api_key() ? store::MemberRole::admin : store::MemberRole::viewer;
}

Status check_rank(const auth::Permit& permit, store::MemberRole role) {
  if (role > acting_role(permit))
    return fail(Error{.code = Code::forbidden, .field = "role", .reason = "is above your own"});
  return {};
}

Result<store::Member> member_in_reach(store::Reader& reader, const auth::Permit& permit, const MemberId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(auto member, reader.member(org, id));
  if (!member) return fail(Code::not_found, "no such member in the org");
  KAITO_CHECK(check_rank(permit, member->role));
  return *std::move(member);
}

Status check_not_last_owner(store::Reader& reader, const store::Member& member) {
  if (member.role != store::MemberRole::owner || member.state != store::MemberState::active) return {};
  KAITO_TRY(const std::uint64_t owners, reader.owner_count(member.org));
  if (owners <= 1)
    return fail(Error{.code = Code::conflict, .field = "role", .reason = "is the org's last active owner's"});
  return {};
}

Result<store::Group> group_in_reach(store::Reader& reader, const auth::Permit& permit, const GroupId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(auto group, reader.group(org, id));
  if (!group) return fail(Code::not_found, "no such group in the org");
  const auto visible = permit.principal().visible_groups();
  if (visible && std::ranges::find(*visible, id) == visible->end())
    return fail(Code::not_found, "the caller is not in that group");
  return *std::move(group);
}

}  // namespace kaito::vault
