#include "appliance/store/sqlite/member_rows.hpp"

#include "appliance/store/sqlite/access_rows.hpp"
#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_MEMBER_COLUMNS \
  "id, org, username, display_name, role, state, password_hash, failed_logins, locked_until, created_at"
#define KAITO_MEMBER_READ                                                                                          \
  KAITO_MEMBER_COLUMNS                                                                                             \
  ", row_is_authentic(mac, 'member', id, org, username, display_name, role, state, password_hash, failed_logins, " \
  "locked_until) AS mac"

namespace kaito::store::sqlite {
namespace {

Result<Member> read_member(const Statement& statement) {
  Row row(statement, "member");
  Member member{.id = row.id<MemberId>(),
                .org = row.id<OrgId>(),
                .username = row.text(1, limits::kName),
                .display_name = row.text(0, limits::kName),
                .role = row.enumeration(MemberRole::viewer, MemberRole::owner),
                .state = row.enumeration(MemberState::invited, MemberState::disabled),
                .password_hash = row.text(0, limits::kPasswordHash),
                .failed_logins = row.number<std::uint32_t>(),
                .locked_until = row.optional_time(),
                .created_at = row.time()};
  row.authentic(member.id.bytes());
  return row.finish(std::move(member));
}

}  // namespace

Result<std::optional<Member>> find_member(Connection& connection, const OrgId& org, const MemberId& id) {
  return connection.one("SELECT " KAITO_MEMBER_READ " FROM member WHERE id = ?1 AND org = ?2", read_member, id, org);
}

Result<std::optional<Member>> find_member_by_username(Connection& connection, const OrgId& org,
                                                      std::string_view username) {
  return connection.one("SELECT " KAITO_MEMBER_READ " FROM member WHERE org = ?1 AND username = ?2", read_member, org,
                        username);
}

Result<Page<Member>> list_members(Connection& connection, const OrgId& org, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::members, org.bytes(), page));
  KAITO_TRY(auto rows,
            connection.all("SELECT " KAITO_MEMBER_READ " FROM member WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                           read_member, org, after, page.limit + 1));
  return page_by_id(std::move(rows), Listing::members, org.bytes(), page);
}

Result<std::uint64_t> count_active_owners(Connection& connection, const OrgId& org) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "member");
    return row.finish(row.number<std::uint64_t>());
  };
  KAITO_TRY(const auto count, connection.one("SELECT count(*) FROM member WHERE org = ?1 AND role = ?2 AND state = ?3",
                                             read, org, MemberRole::owner, MemberState::active));
  return count.value_or(0);
}

Status insert_member(Connection& connection, const Member& member) {
  return connection.run("INSERT INTO member (" KAITO_MEMBER_COLUMNS
                        ", mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                        "row_mac('member', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))",
                        member.id, member.org, member.username, member.display_name, member.role, member.state,
                        member.password_hash, member.failed_logins, member.locked_until, member.created_at);
}

Status update_member(Connection& connection, const Member& member) {
  return connection.change_one(
      "UPDATE member SET username = ?3, display_name = ?4, role = ?5, state = ?6, password_hash = ?7, "
      "failed_logins = ?8, locked_until = ?9, mac = row_mac('member', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) WHERE id = "
      "?1 AND org = ?2",
      member.id, member.org, member.username, member.display_name, member.role, member.state, member.password_hash,
      member.failed_logins, member.locked_until);
}

Status remove_member(Connection& connection, const OrgId& org, const MemberId& id) {
  KAITO_CHECK(connection.change_one("DELETE FROM member WHERE id = ?1 AND org = ?2", id, org));
  KAITO_CHECK(remove_sessions_of(connection, SubjectKind::member, id.bytes()));
  return remove_one_time_tokens_of(connection, id.bytes());
}

}  // namespace kaito::store::sqlite
