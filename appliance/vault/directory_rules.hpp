// The rules of the directory, apart from its transactions.
#pragma once

#include "appliance/auth/permit.hpp"
#include "appliance/store/store.hpp"

namespace kaito::vault {

// Whether the caller may let somebody in who will then act for themselves. Code::forbidden for an API key that is bound
// to groups.
Status check_may_vouch(const auth::Permit& permit);

// The member of the permit's org, whose role is not above the caller's.
Result<store::Member> member_in_reach(store::Reader& reader, const auth::Permit& permit, const MemberId& id);

// Code::conflict when `member` is the org's last active owner.
Status check_not_last_owner(store::Reader& reader, const store::Member& member);

// The group of the permit's org that the caller sees, else Code::not_found.
Result<store::Group> group_in_reach(store::Reader& reader, const auth::Permit& permit, const GroupId& id);

}  // namespace kaito::vault
