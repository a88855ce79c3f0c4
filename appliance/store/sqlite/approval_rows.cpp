#include "appliance/store/sqlite/approval_rows.hpp"

#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/page_cursor.hpp"

#define KAITO_APPROVAL_COLUMNS "id, action, proposer, needed, text, created_at, expires_at, state, ended_at"
#define KAITO_APPROVAL_SIGNATURE_COLUMNS                                                         \
  "approval, staff, staff_name, credential_id, cose_key, client_data_json, authenticator_data, " \
  "signature, signed_at"

namespace kaito::store::sqlite {
namespace {

Result<Approval> read_approval(const Statement& statement) {
  Row row(statement, "approval");
  return row.finish(Approval{.id = row.id<ApprovalId>(),
                             .action = row.text(1, limits::kApprovalAction),
                             .proposer = row.id<StaffId>(),
                             .needed = row.number<std::uint32_t>(1, limits::kApprovalsNeeded),
                             .text = row.text(1, limits::kApprovalText),
                             .created_at = row.time(),
                             .expires_at = row.time(),
                             .state = row.enumeration(ApprovalState::open, ApprovalState::withdrawn),
                             .ended_at = row.optional_time()});
}

Result<ApprovalSignature> read_signature(const Statement& statement) {
  Row row(statement, "approval_signature");
  return row.finish(
      ApprovalSignature{.approval = row.id<ApprovalId>(),
                        .staff = row.id<StaffId>(),
                        .staff_name = row.text(1, limits::kName),
                        .credential_id = row.blob(1, limits::kCredentialId),
                        .cose_key = row.blob(1, limits::kCoseKey),
                        .client_data_json = row.blob(1, limits::kClientData),
                        .authenticator_data = row.blob(limits::kAuthenticatorDataLeast, limits::kAuthenticatorData),
                        .signature = row.blob(1, limits::kAssertionSignature),
                        .signed_at = row.time()});
}

}  // namespace

Result<std::optional<Approval>> find_approval(Connection& connection, const ApprovalId& id) {
  return connection.one("SELECT " KAITO_APPROVAL_COLUMNS " FROM approval WHERE id = ?1", read_approval, id);
}

Result<Page<Approval>> list_approvals(Connection& connection, const PageRequest& page) {
  KAITO_CHECK(check_limit(page));
  KAITO_TRY(const UuidBytes after, read_id_cursor(Listing::approvals, {}, page));
  KAITO_TRY(auto rows,
            connection.all("SELECT " KAITO_APPROVAL_COLUMNS " FROM approval WHERE id > ?1 ORDER BY id LIMIT ?2",
                           read_approval, after, page.limit + 1));
  return page_by_id(std::move(rows), Listing::approvals, {}, page);
}

Result<std::uint64_t> count_open_approvals(Connection& connection, TimePoint now) {
  const auto read = [](const Statement& statement) -> Result<std::uint64_t> {
    Row row(statement, "approval");
    return row.finish(row.number<std::uint64_t>());
  };
  KAITO_TRY(const auto count,
            connection.one("SELECT count(*) FROM approval WHERE state = 1 AND expires_at > ?1", read, now));
  return count.value_or(0);
}

Result<std::vector<ApprovalSignature>> signatures_of(Connection& connection, const ApprovalId& id) {
  return connection.all("SELECT " KAITO_APPROVAL_SIGNATURE_COLUMNS
                        " FROM approval_signature WHERE approval = ?1 ORDER BY signed_at, staff",
                        read_signature, id);
}

Status insert_approval(Connection& connection, const Approval& approval) {
  return connection.run("INSERT INTO approval (" KAITO_APPROVAL_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        approval.id, approval.action, approval.proposer, approval.needed, approval.text,
                        approval.created_at, approval.expires_at, approval.state, approval.ended_at);
}

Status insert_approval_signature(Connection& connection, const ApprovalSignature& signature) {
  return connection.run("INSERT INTO approval_signature (" KAITO_APPROVAL_SIGNATURE_COLUMNS
                        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        signature.approval, signature.staff, signature.staff_name, signature.credential_id,
                        signature.cose_key, signature.client_data_json, signature.authenticator_data,
                        signature.signature, signature.signed_at);
}

Status end_approval(Connection& connection, const ApprovalId& id, ApprovalState state, TimePoint when) {
  return connection.change_one("UPDATE approval SET state = ?2, ended_at = ?3 WHERE id = ?1 AND state = 1", id, state,
                               when);
}

Status withdraw_approvals_of(Connection& connection, const StaffId& staff, TimePoint when) {
  return connection.run(
      "UPDATE approval SET state = 4, ended_at = ?2 WHERE state = 1 AND expires_at > ?2 AND (proposer = ?1 OR id IN "
      "(SELECT approval FROM approval_signature WHERE staff = ?1))",
      staff, when);
}

}  // namespace kaito::store::sqlite
