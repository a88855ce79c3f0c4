#include "appliance/store/sqlite/key_rows.hpp"

#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_ROTATION_COLUMNS                                                                                         \
  "id, kind, org, from_version, to_version, state, phase, destroy_old, done, total, refused, started_at, updated_at, " \
  "ended_at, error, hsm, hsm_key, make_key"

namespace kaito::store::sqlite {
namespace {

// The appliance's own keys have the nil id in the place of an org: NULLs would never be equal in a unique index.
OrgId org_column(const std::optional<OrgId>& org) { return org.value_or(OrgId{}); }

Result<Rotation> read_rotation(const Statement& statement) {
  Row row(statement, "rotation");
  Rotation rotation{.id = row.id<RotationId>(), .kind = row.enumeration(KeyKind::platform, KeyKind::backup)};
  if (const auto org = row.id<OrgId>(); !org.is_nil()) rotation.org = org;
  rotation.from = row.number<KeyVersion>(1);
  rotation.to = row.number<KeyVersion>(1);
  rotation.state = row.enumeration(RotationState::running, RotationState::cancelled);
  rotation.phase = row.enumeration(RotationPhase::prepare, RotationPhase::complete);
  rotation.destroy_old = row.boolean();
  rotation.done = row.number<std::uint64_t>();
  rotation.total = row.number<std::uint64_t>();
  rotation.refused = row.number<std::uint64_t>();
  rotation.started_at = row.time();
  rotation.updated_at = row.time();
  rotation.ended_at = row.optional_time();
  rotation.error = row.text(0, limits::kRotationError);
  rotation.place.hsm = row.text(0, limits::kHsmName);
  rotation.place.key = row.text(0, limits::kKeyUri);
  rotation.place.make = row.boolean();
  return row.finish(std::move(rotation));
}

Result<KeyCertificate> read_certificate(const Statement& statement) {
  Row row(statement, "key_certificate");
  return row.finish(KeyCertificate{.rotation = row.id<RotationId>(),
                                   .kind = row.enumeration(CertificateKind::no_reference, CertificateKind::destroyed),
                                   .statement = row.text(1, limits::kStatement),
                                   .note = row.text(0, limits::kSignedStatement),
                                   .issued_at = row.time()});
}

Result<DeletedOrg> read_deleted_org(const Statement& statement) {
  Row row(statement, "deleted_org");
  return row.finish(DeletedOrg{.org = row.id<OrgId>(),
                               .deleted_at = row.time(),
                               .rotation = row.optional_id<RotationId>(),
                               .shredded_at = row.optional_time(),
                               .name = row.text(0, limits::kOrgName)});
}

Result<HsmKey> read_hsm_key(const Statement& statement) {
  Row row(statement, "hsm_key");
  return row.finish(HsmKey{.kind = row.enumeration(KeyKind::platform, KeyKind::wrapping),
                           .version = row.number<KeyVersion>(1),
                           .created_at = row.time(),
                           .destroyed_at = row.optional_time()});
}

}  // namespace

Result<std::optional<Rotation>> find_rotation(Connection& connection, const RotationId& id) {
  return connection.one("SELECT " KAITO_ROTATION_COLUMNS " FROM rotation WHERE id = ?1", read_rotation, id);
}

Result<Page<Rotation>> list_rotations(Connection& connection, const std::optional<OrgId>& org,
                                      const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  const ByteView scope = org ? ByteView(org->bytes()) : ByteView{};
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::rotations, scope, page));
  const auto read = [&]() -> Result<std::vector<Rotation>> {
    if (org)
      return connection.all("SELECT " KAITO_ROTATION_COLUMNS
                            " FROM rotation WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                            read_rotation, *org, after, page.limit + 1);
    return connection.all("SELECT " KAITO_ROTATION_COLUMNS " FROM rotation WHERE id > ?1 ORDER BY id LIMIT ?2",
                          read_rotation, after, page.limit + 1);
  };
  KAITO_TRY(auto rows, read());
  return page_by_id(std::move(rows), Listing::rotations, scope, page);
}

Result<std::vector<Rotation>> open_rotations(Connection& connection) {
  return connection.all("SELECT " KAITO_ROTATION_COLUMNS " FROM rotation WHERE state IN (1, 2, 4) ORDER BY id",
                        read_rotation);
}

Result<std::optional<Rotation>> find_open_rotation(Connection& connection, KeyKind kind,
                                                   const std::optional<OrgId>& org) {
  return connection.one("SELECT " KAITO_ROTATION_COLUMNS
                        " FROM rotation WHERE kind = ?1 AND org = ?2 AND state IN (1, 2, 4)",
                        read_rotation, kind, org_column(org));
}

Result<std::optional<Rotation>> find_latest_rotation(Connection& connection, KeyKind kind,
                                                     const std::optional<OrgId>& org) {
  return connection.one("SELECT " KAITO_ROTATION_COLUMNS
                        " FROM rotation WHERE org = ?2 AND kind = ?1 ORDER BY id DESC LIMIT 1",
                        read_rotation, kind, org_column(org));
}

Status insert_rotation(Connection& connection, const Rotation& rotation) {
  return connection.run("INSERT INTO rotation (" KAITO_ROTATION_COLUMNS
                        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
                        rotation.id, rotation.kind, org_column(rotation.org), rotation.from, rotation.to,
                        rotation.state, rotation.phase, rotation.destroy_old, rotation.done, rotation.total,
                        rotation.refused, rotation.started_at, rotation.updated_at, rotation.ended_at, rotation.error,
                        rotation.place.hsm, rotation.place.key, rotation.place.make);
}

Status update_rotation(Connection& connection, const Rotation& rotation) {
  return connection.change_one(
      "UPDATE rotation SET state = ?2, phase = ?3, destroy_old = ?4, done = ?5, total = ?6, refused = ?7, "
      "updated_at = ?8, ended_at = ?9, error = ?10 WHERE id = ?1",
      rotation.id, rotation.state, rotation.phase, rotation.destroy_old, rotation.done, rotation.total,
      rotation.refused, rotation.updated_at, rotation.ended_at, rotation.error);
}

Result<std::vector<KeyCertificate>> certificates_of(Connection& connection, const RotationId& rotation) {
  return connection.all(
      "SELECT rotation, kind, statement, note, issued_at FROM key_certificate WHERE rotation = ?1 ORDER BY kind",
      read_certificate, rotation);
}

Status insert_certificate(Connection& connection, const KeyCertificate& certificate) {
  return connection.run(
      "INSERT INTO key_certificate (rotation, kind, statement, note, issued_at) VALUES (?1, ?2, ?3, ?4, ?5)",
      certificate.rotation, certificate.kind, certificate.statement, certificate.note, certificate.issued_at);
}

Status sign_certificate(Connection& connection, const RotationId& rotation, CertificateKind kind,
                        std::string_view note) {
  return connection.change_one("UPDATE key_certificate SET note = ?3 WHERE rotation = ?1 AND kind = ?2 AND note = ''",
                               rotation, kind, note);
}

Result<Page<DeletedOrg>> list_deleted_orgs(Connection& connection, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::deleted_orgs, {}, page));
  KAITO_TRY(auto rows,
            connection.all("SELECT org, deleted_at, rotation, shredded_at, name FROM deleted_org WHERE org > ?1 "
                           "ORDER BY org LIMIT ?2",
                           read_deleted_org, after, page.limit + 1));
  Page<DeletedOrg> result{.rows = std::move(rows), .next = {}};
  if (result.rows.size() > page.limit) {
    result.rows.pop_back();
    result.next = make_cursor(Listing::deleted_orgs, {}, result.rows.back().org.bytes());
  }
  return result;
}

Result<bool> is_deleted_org(Connection& connection, const OrgId& id) {
  KAITO_TRY(const auto row,
            connection.one("SELECT org, deleted_at, rotation, shredded_at, name FROM deleted_org WHERE org = ?1",
                           read_deleted_org, id));
  return row.has_value();
}

Result<std::vector<DeletedOrg>> orgs_shredded_by(Connection& connection, const RotationId& rotation) {
  return connection.all(
      "SELECT org, deleted_at, rotation, shredded_at, name FROM deleted_org WHERE rotation = ?1 ORDER BY org",
      read_deleted_org, rotation);
}

Result<std::vector<DeletedOrg>> unclaimed_deletions(Connection& connection) {
  return connection.all(
      "SELECT org, deleted_at, rotation, shredded_at, name FROM deleted_org WHERE rotation IS NULL ORDER BY org",
      read_deleted_org);
}

Result<std::optional<TimePoint>> oldest_unclaimed_deletion(Connection& connection) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "deleted_org");
    return row.finish(row.optional_time());
  };
  KAITO_TRY(const auto oldest, connection.one("SELECT min(deleted_at) FROM deleted_org WHERE rotation IS NULL", read));
  return oldest.value_or(std::nullopt);
}

Status claim_deleted_orgs(Connection& connection, const RotationId& rotation) {
  return connection.run("UPDATE deleted_org SET rotation = ?1 WHERE rotation IS NULL", rotation);
}

Status mark_shredded(Connection& connection, const RotationId& rotation, TimePoint when) {
  return connection.run(
      "UPDATE deleted_org SET shredded_at = ?2, name = '' WHERE rotation = ?1 AND shredded_at IS NULL", rotation, when);
}

Result<std::vector<HsmKey>> list_hsm_keys(Connection& connection) {
  return connection.all("SELECT kind, version, created_at, destroyed_at FROM hsm_key ORDER BY kind, version",
                        read_hsm_key);
}

Status put_hsm_key(Connection& connection, const HsmKey& key) {
  return connection.run(
      "INSERT INTO hsm_key (kind, version, created_at, destroyed_at) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (kind, version) DO UPDATE SET destroyed_at = coalesce(destroyed_at, excluded.destroyed_at)",
      key.kind, key.version, key.created_at, key.destroyed_at);
}

}  // namespace kaito::store::sqlite
