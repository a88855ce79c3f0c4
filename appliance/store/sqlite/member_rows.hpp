// Rows of member.
#pragma once

#include <optional>
#include <string_view>

#include "appliance/store/records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Member>> find_member(Connection& connection, const OrgId& org, const MemberId& id);
Result<std::optional<Member>> find_member_by_username(Connection& connection, const OrgId& org,
                                                      std::string_view username);
Result<Page<Member>> list_members(Connection& connection, const OrgId& org, const PageRequest& page);
Result<std::uint64_t> count_active_owners(Connection& connection, const OrgId& org);
Status insert_member(Connection& connection, const Member& member);
Status update_member(Connection& connection, const Member& member);
// With the sessions and one-time tokens that belong to it.
Status remove_member(Connection& connection, const OrgId& org, const MemberId& id);

}  // namespace kaito::store::sqlite
