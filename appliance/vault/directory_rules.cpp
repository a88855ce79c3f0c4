#include "appliance/vault/directory_rules.hpp"

#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {

Status check_may_vouch(const auth::Permit& permit) {
  if (permit.principal().api_key() == nullptr || !permit.principal().visible_groups()) return {};
  return fail(Error{.code = Code::forbidden,
                    .field = "role",
                    .reason = "cannot be given by an API key that is bound to groups: the member would not be"});
}

Result<store::Member> member_in_reach(store::Reader& reader, const auth::Permit& permit, const MemberId& id) {
  KAITO_TRY(const OrgId org, org_of(permit));
  KAITO_TRY(auto member, reader.member(org, id));
  if (!member) return fail(Code::not_found, "no such member in the org");
  KAITO_CHECK(permit.check_rank(member->role));
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
