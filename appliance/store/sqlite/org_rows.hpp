// Rows of meta, org, and groups with their members and seeds.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "appliance/store/key_records.hpp"
#include "appliance/store/records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Bytes>> find_meta(Connection& connection, std::string_view key);
Status put_meta(Connection& connection, std::string_view key, ByteView value);

Result<std::optional<Org>> find_org(Connection& connection, const OrgId& id);
Result<std::optional<Org>> find_org_by_name(Connection& connection, std::string_view name);
Result<Page<Org>> list_orgs(Connection& connection, const PageRequest& page);
Status insert_org(Connection& connection, const Org& org);
Status update_org(Connection& connection, const Org& org);
Status remove_org(Connection& connection, const DeletedOrg& org);
Result<bool> purge_org(Connection& connection, const OrgId& id, std::uint32_t rows);
Result<std::optional<OrgId>> org_to_purge(Connection& connection);

Result<std::optional<Group>> find_group(Connection& connection, const OrgId& org, const GroupId& id);
Result<Page<Group>> list_groups(Connection& connection, const OrgId& org, const PageRequest& page);
Status insert_group(Connection& connection, const Group& group);
Status update_group(Connection& connection, const Group& group);
Status remove_group(Connection& connection, const OrgId& org, const GroupId& id);

Result<std::vector<GroupId>> groups_of_member(Connection& connection, const MemberId& id);
Result<std::vector<GroupId>> groups_of_seed(Connection& connection, const SeedId& id);
Result<std::vector<MemberId>> members_of_group(Connection& connection, const GroupId& id);
// Code::not_found when either is absent, or they belong to two orgs.
Status add_to_group(Connection& connection, const GroupId& group, const MemberId& member);
Status add_to_group(Connection& connection, const GroupId& group, const SeedId& seed);
Status remove_from_group(Connection& connection, const GroupId& group, const MemberId& member);
Status remove_from_group(Connection& connection, const GroupId& group, const SeedId& seed);

}  // namespace kaito::store::sqlite
