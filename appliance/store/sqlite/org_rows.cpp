#include "appliance/store/sqlite/org_rows.hpp"

#include <algorithm>
#include <array>

#include "appliance/store/sqlite/key_rows.hpp"
#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_ORG_COLUMNS "id, name, created_at, kek_version, oldest_kek_version, wrapped_index_key, dek_lease"
#define KAITO_ORG_READ \
  KAITO_ORG_COLUMNS    \
  ", row_is_authentic(mac, 'org', id, name, kek_version, oldest_kek_version, wrapped_index_key, dek_lease) AS mac"
#define KAITO_ORG_STANDS " NOT EXISTS (SELECT 1 FROM deleted_org WHERE deleted_org.org = org.id)"

namespace kaito::store::sqlite {
namespace {

Result<Org> read_org(const Statement& statement) {
  Row row(statement, "org");
  Org org{.id = row.id<OrgId>(),
          .name = row.text(1, limits::kOrgName),
          .created_at = row.time(),
          .kek_version = row.number<KeyVersion>(),
          .oldest_kek_version = row.number<KeyVersion>(),
          .wrapped_index_key = row.blob(limits::kWrappedDekLeast, limits::kWrappedDek),
          .dek_lease = row.optional_number<std::uint32_t>(0, kMaxDekLease)};
  row.authentic(org.id.bytes());
  return row.finish(std::move(org));
}

Result<Group> read_group(const Statement& statement) {
  Row row(statement, "org_group");
  return row.finish(Group{
      .id = row.id<GroupId>(), .org = row.id<OrgId>(), .name = row.text(1, limits::kName), .created_at = row.time()});
}

template <class IdType>
Result<IdType> read_id(const Statement& statement) {
  Row row(statement, "group_member or group_seed");
  const auto id = row.id<IdType>();
  row.authentic(id.bytes());
  return row.finish(id);
}

}  // namespace

Result<std::optional<Bytes>> find_meta(Connection& connection, std::string_view key) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "meta");
    return row.finish(row.blob(0, limits::kMetaValue));
  };
  return connection.one("SELECT value FROM meta WHERE key = ?1", read, key);
}

Status put_meta(Connection& connection, std::string_view key, ByteView value) {
  return connection.run(
      "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key,
      value);
}

Result<std::optional<Org>> find_org(Connection& connection, const OrgId& id) {
  return connection.one("SELECT " KAITO_ORG_READ " FROM org WHERE id = ?1 AND" KAITO_ORG_STANDS, read_org, id);
}

Result<std::optional<Org>> find_org_by_name(Connection& connection, std::string_view name) {
  return connection.one("SELECT " KAITO_ORG_READ " FROM org WHERE name = ?1 AND" KAITO_ORG_STANDS, read_org, name);
}

Result<Page<Org>> list_orgs(Connection& connection, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::orgs, {}, page));
  KAITO_TRY(auto rows, connection.all("SELECT " KAITO_ORG_READ " FROM org WHERE id > ?1 AND" KAITO_ORG_STANDS
                                      " ORDER BY id LIMIT ?2",
                                      read_org, after, page.limit + 1));
  return page_by_id(std::move(rows), Listing::orgs, {}, page);
}

Status insert_org(Connection& connection, const Org& org) {
  return connection.run("INSERT INTO org (" KAITO_ORG_COLUMNS
                        ", mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, row_mac('org', ?1, ?2, ?4, ?5, ?6, ?7))",
                        org.id, org.name, org.created_at, org.kek_version, org.oldest_kek_version,
                        org.wrapped_index_key, org.dek_lease);
}

Status update_org(Connection& connection, const Org& org) {
  return connection.change_one(
      "UPDATE org SET name = ?2, kek_version = ?3, oldest_kek_version = ?4, wrapped_index_key = ?5, "
      "dek_lease = ?6, mac = row_mac('org', ?1, ?2, ?3, ?4, ?5, ?6) WHERE id = ?1",
      org.id, org.name, org.kek_version, org.oldest_kek_version, org.wrapped_index_key, org.dek_lease);
}

Status remove_org(Connection& connection, const DeletedOrg& org) {
  KAITO_CHECK(connection.change_one(
      "UPDATE org SET name = ?2, mac = row_mac('org', id, ?2, kek_version, oldest_kek_version, wrapped_index_key, "
      "dek_lease) WHERE id = ?1 AND" KAITO_ORG_STANDS,
      org.org, "deleted " + org.org.str()));
  KAITO_CHECK(connection.run(
      "INSERT INTO deleted_org (org, deleted_at, rotation, shredded_at, name, purged) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
      org.org, org.deleted_at, org.rotation, org.shredded_at, org.name));
  KAITO_CHECK(connection.run("DELETE FROM session WHERE org = ?1", org.org));
  KAITO_CHECK(connection.run("DELETE FROM api_key WHERE org = ?1", org.org));
  return connection.run("DELETE FROM one_time_token WHERE org = ?1", org.org);
}

Result<bool> purge_org(Connection& connection, const OrgId& id, std::uint32_t rows) {
  // What refers to others goes before what it refers to: a cascade would take more rows than were asked for.
  static constexpr std::array kSlices{
      Sql("DELETE FROM group_seed WHERE (seed, group_id) IN (SELECT seed, group_id FROM org_group "
          "JOIN group_seed ON group_id = org_group.id WHERE org = ?1 LIMIT ?2)"),
      Sql("DELETE FROM group_member WHERE (member, group_id) IN (SELECT member, group_id FROM org_group "
          "JOIN group_member ON group_id = org_group.id WHERE org = ?1 LIMIT ?2)"),
      Sql("DELETE FROM org_group WHERE id IN (SELECT id FROM org_group WHERE org = ?1 LIMIT ?2)"),
      Sql("DELETE FROM member WHERE id IN (SELECT id FROM member WHERE org = ?1 LIMIT ?2)"),
      Sql("DELETE FROM seed WHERE id IN (SELECT id FROM seed WHERE org = ?1 LIMIT ?2)")};
  KAITO_TRY(const bool removed, is_deleted_org(connection, id));
  if (!removed) return fail(Code::conflict, "the org stands");
  for (const Sql& slice : kSlices) {
    KAITO_CHECK(connection.run(slice, id, rows));
    rows -= std::min(rows, static_cast<std::uint32_t>(connection.database().changes()));
    if (rows == 0) return true;
  }
  KAITO_CHECK(connection.run("DELETE FROM org WHERE id = ?1", id));
  KAITO_CHECK(connection.run("UPDATE deleted_org SET purged = 1 WHERE org = ?1", id));
  return false;
}

Result<std::optional<OrgId>> org_to_purge(Connection& connection) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "deleted_org");
    return row.finish(row.id<OrgId>());
  };
  return connection.one("SELECT org FROM deleted_org WHERE purged = 0 LIMIT 1", read);
}

Result<std::optional<Group>> find_group(Connection& connection, const OrgId& org, const GroupId& id) {
  return connection.one("SELECT id, org, name, created_at FROM org_group WHERE id = ?1 AND org = ?2", read_group, id,
                        org);
}

Result<Page<Group>> list_groups(Connection& connection, const OrgId& org, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::groups, org.bytes(), page));
  KAITO_TRY(auto rows, connection.all("SELECT id, org, name, created_at FROM org_group WHERE org = ?1 AND id > ?2 "
                                      "ORDER BY id LIMIT ?3",
                                      read_group, org, after, page.limit + 1));
  return page_by_id(std::move(rows), Listing::groups, org.bytes(), page);
}

Status insert_group(Connection& connection, const Group& group) {
  return connection.run("INSERT INTO org_group (id, org, name, created_at) VALUES (?1, ?2, ?3, ?4)", group.id,
                        group.org, group.name, group.created_at);
}

Status update_group(Connection& connection, const Group& group) {
  return connection.change_one("UPDATE org_group SET name = ?3 WHERE id = ?1 AND org = ?2", group.id, group.org,
                               group.name);
}

Status remove_group(Connection& connection, const OrgId& org, const GroupId& id) {
  return connection.change_one("DELETE FROM org_group WHERE id = ?1 AND org = ?2", id, org);
}

Result<std::vector<GroupId>> groups_of_member(Connection& connection, const MemberId& id) {
  return connection.all(
      "SELECT group_id, row_is_authentic(mac, 'group_member', group_id, member) AS mac FROM group_member "
      "WHERE member = ?1 ORDER BY group_id",
      read_id<GroupId>, id);
}

Result<std::vector<GroupId>> groups_of_seed(Connection& connection, const SeedId& id) {
  return connection.all(
      "SELECT group_id, row_is_authentic(mac, 'group_seed', group_id, seed) AS mac FROM group_seed "
      "WHERE seed = ?1 ORDER BY group_id",
      read_id<GroupId>, id);
}

Result<std::vector<MemberId>> members_of_group(Connection& connection, const GroupId& id) {
  return connection.all(
      "SELECT member, row_is_authentic(mac, 'group_member', group_id, member) AS mac FROM group_member "
      "WHERE group_id = ?1 ORDER BY member",
      read_id<MemberId>, id);
}

// The join finds no row when either is absent or they belong to two orgs. DO UPDATE, which changes nothing, makes the
// statement count a row that is there already as changed.
Status add_to_group(Connection& connection, const GroupId& group, const MemberId& member) {
  return connection.change_one(
      "INSERT INTO group_member (group_id, member, mac) SELECT g.id, m.id, row_mac('group_member', g.id, m.id) "
      "FROM org_group g JOIN member m ON m.org = g.org "
      "WHERE g.id = ?1 AND m.id = ?2 ON CONFLICT (member, group_id) DO UPDATE SET member = excluded.member",
      group, member);
}

Status add_to_group(Connection& connection, const GroupId& group, const SeedId& seed) {
  return connection.change_one(
      "INSERT INTO group_seed (group_id, seed, mac) SELECT g.id, s.id, row_mac('group_seed', g.id, s.id) "
      "FROM org_group g JOIN seed s ON s.org = g.org "
      "WHERE g.id = ?1 AND s.id = ?2 ON CONFLICT (seed, group_id) DO UPDATE SET seed = excluded.seed",
      group, seed);
}

Status remove_from_group(Connection& connection, const GroupId& group, const MemberId& member) {
  return connection.change_one("DELETE FROM group_member WHERE member = ?2 AND group_id = ?1", group, member);
}

Status remove_from_group(Connection& connection, const GroupId& group, const SeedId& seed) {
  return connection.change_one("DELETE FROM group_seed WHERE seed = ?2 AND group_id = ?1", group, seed);
}

}  // namespace kaito::store::sqlite
