#include "appliance/store/sqlite/access_rows.hpp"

#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_SESSION_COLUMNS "id, token_hash, kind, subject, org, created_at, last_seen, authenticated_at, peer"
#define KAITO_API_KEY_COLUMNS \
  "id, org, name, token_hash, hint, scopes, groups, allowed_networks, expires_at, last_used, created_at"

#define KAITO_SESSION_READ \
  KAITO_SESSION_COLUMNS    \
  ", row_is_authentic(mac, 'session', id, token_hash, kind, subject, org, created_at, authenticated_at, peer) AS mac"
#define KAITO_API_KEY_READ                                                                                             \
  KAITO_API_KEY_COLUMNS                                                                                                \
  ", row_is_authentic(mac, 'api_key', id, org, name, token_hash, hint, scopes, groups, allowed_networks, expires_at) " \
  "AS mac"

namespace kaito::store::sqlite {
namespace {

Result<OneTimeToken> read_one_time_token(const Statement& statement) {
  Row row(statement, "one_time_token");
  const OneTimeToken token{
      .token_hash = row.bytes<32>(),
      .purpose = row.enumeration(OneTimePurpose::member_invitation, OneTimePurpose::first_staff_setup),
      .subject = row.bytes<16>(),
      .org = row.optional_id<OrgId>(),
      .expires_at = row.time()};
  row.authentic(token.subject);
  return row.finish(token);
}

Result<Session> read_session(const Statement& statement) {
  Row row(statement, "session");
  Session session{.id = row.id<SessionId>(),
                  .token_hash = row.bytes<32>(),
                  .kind = row.enumeration(SubjectKind::member, SubjectKind::staff),
                  .subject = row.bytes<16>(),
                  .org = row.optional_id<OrgId>(),
                  .created_at = row.time(),
                  .last_seen = row.time(),
                  .authenticated_at = row.time(),
                  .peer = row.text(0, limits::kPeer)};
  row.authentic(session.subject);
  return row.finish(std::move(session));
}

std::vector<GroupId> read_groups(Row& row) {
  ByteReader reader(row.blob_view(0, limits::kKeyGroups));
  if (reader.remaining() % sizeof(UuidBytes) != 0) row.refuse("is not a list of identifiers");
  std::vector<GroupId> groups;
  groups.reserve(reader.remaining() / sizeof(UuidBytes));
  while (const auto bytes = reader.take(sizeof(UuidBytes)))
    if (const auto id = GroupId::from_bytes(*bytes)) groups.push_back(*id);
  return groups;
}

Result<ApiKey> read_api_key(const Statement& statement) {
  Row row(statement, "api_key");
  ApiKey key{.id = row.id<ApiKeyId>(),
             .org = row.id<OrgId>(),
             .name = row.text(0, limits::kName),
             .token_hash = row.bytes<32>(),
             .hint = row.text(0, limits::kHint),
             .scopes = row.number<std::uint32_t>(),
             .groups = read_groups(row),
             .allowed_networks = row.text(0, limits::kNetworks),
             .expires_at = row.optional_time(),
             .last_used = row.optional_time(),
             .created_at = row.time()};
  row.authentic(key.id.bytes());
  return row.finish(std::move(key));
}

}  // namespace

Result<std::optional<OneTimeToken>> find_one_time_token(Connection& connection, const ByteArray<32>& token_hash) {
  return connection.one(
      "SELECT token_hash, purpose, subject, org, expires_at, row_is_authentic(mac, 'one_time_token', token_hash, "
      "purpose, "
      "subject, org, expires_at) AS mac FROM one_time_token "
      "WHERE token_hash = ?1",
      read_one_time_token, token_hash);
}

Status insert_one_time_token(Connection& connection, const OneTimeToken& token) {
  return connection.run(
      "INSERT INTO one_time_token (token_hash, purpose, subject, org, expires_at, mac) VALUES (?1, ?2, ?3, ?4, ?5, "
      "row_mac('one_time_token', ?1, ?2, ?3, ?4, ?5))",
      token.token_hash, token.purpose, token.subject, token.org, token.expires_at);
}

Status remove_one_time_token(Connection& connection, const ByteArray<32>& token_hash) {
  return connection.change_one("DELETE FROM one_time_token WHERE token_hash = ?1", token_hash);
}

Status remove_one_time_tokens_of(Connection& connection, const UuidBytes& subject) {
  return connection.run("DELETE FROM one_time_token WHERE subject = ?1", subject);
}

Result<std::optional<Session>> find_session(Connection& connection, const ByteArray<32>& token_hash) {
  return connection.one("SELECT " KAITO_SESSION_READ " FROM session WHERE token_hash = ?1", read_session, token_hash);
}

Status insert_session(Connection& connection, const Session& session) {
  return connection.run("INSERT INTO session (" KAITO_SESSION_COLUMNS
                        ", mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                        "row_mac('session', ?1, ?2, ?3, ?4, ?5, ?6, ?8, ?9))",
                        session.id, session.token_hash, session.kind, session.subject, session.org, session.created_at,
                        session.last_seen, session.authenticated_at, session.peer);
}

Status touch_session(Connection& connection, const SessionId& id, TimePoint last_seen) {
  return connection.change_one("UPDATE session SET last_seen = ?2 WHERE id = ?1", id, last_seen);
}

Status remove_session(Connection& connection, const SessionId& id) {
  return connection.change_one("DELETE FROM session WHERE id = ?1", id);
}

Status remove_sessions_of(Connection& connection, SubjectKind kind, const UuidBytes& subject) {
  return connection.run("DELETE FROM session WHERE subject = ?2 AND kind = ?1", kind, subject);
}

Status remove_sessions_before(Connection& connection, TimePoint created_before, TimePoint last_seen_before) {
  return connection.run("DELETE FROM session WHERE created_at < ?1 OR last_seen < ?2", created_before,
                        last_seen_before);
}

Result<std::optional<ApiKey>> find_api_key(Connection& connection, const OrgId& org, const ApiKeyId& id) {
  return connection.one("SELECT " KAITO_API_KEY_READ " FROM api_key WHERE id = ?1 AND org = ?2", read_api_key, id, org);
}

Result<std::optional<ApiKey>> find_api_key_by_hash(Connection& connection, const ByteArray<32>& token_hash) {
  return connection.one("SELECT " KAITO_API_KEY_READ " FROM api_key WHERE token_hash = ?1", read_api_key, token_hash);
}

Result<Page<ApiKey>> list_api_keys(Connection& connection, const OrgId& org, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::api_keys, org.bytes(), page));
  KAITO_TRY(auto rows,
            connection.all("SELECT " KAITO_API_KEY_READ " FROM api_key WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                           read_api_key, org, after, page.limit + 1));
  return page_by_id(std::move(rows), Listing::api_keys, org.bytes(), page);
}

Status insert_api_key(Connection& connection, const ApiKey& key) {
  Bytes groups;
  groups.reserve(key.groups.size() * sizeof(UuidBytes));
  for (const GroupId& group : key.groups) append(groups, group.bytes());
  return connection.run("INSERT INTO api_key (" KAITO_API_KEY_COLUMNS
                        ", mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                        "row_mac('api_key', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9))",
                        key.id, key.org, key.name, key.token_hash, key.hint, key.scopes, groups, key.allowed_networks,
                        key.expires_at, key.last_used, key.created_at);
}

Status touch_api_key(Connection& connection, const ApiKeyId& id, TimePoint last_used) {
  return connection.change_one("UPDATE api_key SET last_used = ?2 WHERE id = ?1", id, last_used);
}

Status remove_api_key(Connection& connection, const OrgId& org, const ApiKeyId& id) {
  return connection.change_one("DELETE FROM api_key WHERE id = ?1 AND org = ?2", id, org);
}

}  // namespace kaito::store::sqlite
