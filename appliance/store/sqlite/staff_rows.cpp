#include "appliance/store/sqlite/staff_rows.hpp"

#include "appliance/store/sqlite/limits.hpp"

#define KAITO_CREDENTIAL_COLUMNS \
  "credential_id, staff, label, cose_key, sign_count, backup_eligible, aaguid, created_at"

#define KAITO_STAFF_READ \
  "id, name, role, disabled, created_at, row_is_authentic(mac, 'staff', id, name, role, disabled) AS mac"
#define KAITO_CREDENTIAL_READ \
  KAITO_CREDENTIAL_COLUMNS    \
  ", row_is_authentic(mac, 'staff_credential', credential_id, staff, label, cose_key, backup_eligible, aaguid) AS mac"

namespace kaito::store::sqlite {
namespace {

Result<Staff> read_staff(const Statement& statement) {
  Row row(statement, "staff");
  Staff staff{.id = row.id<StaffId>(),
              .name = row.text(1, limits::kName),
              .role = row.enumeration(StaffRole::auditor, StaffRole::security_officer),
              .disabled = row.boolean(),
              .created_at = row.time()};
  row.authentic(staff.id.bytes());
  return row.finish(std::move(staff));
}

Result<StaffCredential> read_credential(const Statement& statement) {
  Row row(statement, "staff_credential");
  StaffCredential credential{.credential_id = row.blob(1, limits::kCredentialId),
                             .staff = row.id<StaffId>(),
                             .label = row.text(0, limits::kName),
                             .cose_key = row.blob(1, limits::kCoseKey),
                             .sign_count = row.number<std::uint32_t>(),
                             .backup_eligible = row.boolean(),
                             .aaguid = row.bytes<16>(),
                             .created_at = row.time()};
  row.authentic(credential.staff.bytes());
  return row.finish(std::move(credential));
}

}  // namespace

Result<std::optional<Staff>> find_staff(Connection& connection, const StaffId& id) {
  return connection.one("SELECT " KAITO_STAFF_READ " FROM staff WHERE id = ?1", read_staff, id);
}

Result<std::optional<Staff>> find_staff_by_name(Connection& connection, std::string_view name) {
  return connection.one("SELECT " KAITO_STAFF_READ " FROM staff WHERE name = ?1", read_staff, name);
}

Result<std::vector<Staff>> list_staff(Connection& connection) {
  return connection.all("SELECT " KAITO_STAFF_READ " FROM staff ORDER BY id", read_staff);
}

Status insert_staff(Connection& connection, const Staff& staff) {
  return connection.run(
      "INSERT INTO staff (id, name, role, disabled, created_at, mac) "
      "VALUES (?1, ?2, ?3, ?4, ?5, row_mac('staff', ?1, ?2, ?3, ?4))",
      staff.id, staff.name, staff.role, staff.disabled, staff.created_at);
}

Status update_staff(Connection& connection, const Staff& staff) {
  return connection.change_one(
      "UPDATE staff SET name = ?2, role = ?3, disabled = ?4, mac = row_mac('staff', ?1, ?2, ?3, ?4) WHERE id = ?1",
      staff.id, staff.name, staff.role, staff.disabled);
}

Result<std::optional<StaffCredential>> find_credential(Connection& connection, ByteView credential_id) {
  return connection.one("SELECT " KAITO_CREDENTIAL_READ " FROM staff_credential WHERE credential_id = ?1",
                        read_credential, credential_id);
}

Result<std::vector<StaffCredential>> credentials_of(Connection& connection, const StaffId& id) {
  return connection.all("SELECT " KAITO_CREDENTIAL_READ
                        " FROM staff_credential WHERE staff = ?1 ORDER BY created_at, credential_id",
                        read_credential, id);
}

Status insert_credential(Connection& connection, const StaffCredential& credential) {
  return connection.run("INSERT INTO staff_credential (" KAITO_CREDENTIAL_COLUMNS
                        ", mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                        "row_mac('staff_credential', ?1, ?2, ?3, ?4, ?6, ?7))",
                        credential.credential_id, credential.staff, credential.label, credential.cose_key,
                        credential.sign_count, credential.backup_eligible, credential.aaguid, credential.created_at);
}

Status update_sign_count(Connection& connection, ByteView credential_id, std::uint32_t sign_count) {
  return connection.change_one("UPDATE staff_credential SET sign_count = ?2 WHERE credential_id = ?1", credential_id,
                               sign_count);
}

Status remove_credential(Connection& connection, const StaffId& staff, ByteView credential_id) {
  return connection.change_one("DELETE FROM staff_credential WHERE credential_id = ?2 AND staff = ?1", staff,
                               credential_id);
}

}  // namespace kaito::store::sqlite
