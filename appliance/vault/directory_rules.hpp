// The rules of the directory, apart from its transactions.
#pragma once

#include "appliance/auth/permit.hpp"
#include "appliance/store/store.hpp"

namespace kaito::vault {

// The role that the caller acts with in the org; API keys act as an admin.
store::MemberRole acting_role(const auth::Permit& permit) noexcept;

// Code::forbidden (field "role") when `role` is above the caller's.
Status check_rank(const auth::Permit& permit, store::MemberRole role);

// The member of the permit's org, whose role is not above the caller's.
Result<store::Member> member_in_reach(store::Reader& reader, const auth::Permit& permit, const MemberId& id);

// Code::conflict when `member` is the org's last active owner.
Status check_not_last_owner(store::Reader& reader, const store::Member& member);

// The group of the permit's org that the caller sees, else Code::not_found.
Result<store::Group> group_in_reach(store::Reader& reader, const auth::Permit& permit, const GroupId& id);

}  // namespace kaito::vault
