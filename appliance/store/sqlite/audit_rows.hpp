// Rows of audit and audit_checkpoint. Records are appended one after the other and never change.
#pragma once

#include <optional>
#include <vector>

#include "appliance/store/sqlite/connection.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

Result<std::vector<AuditRow>> list_audit(Connection& connection, const AuditFilter& filter);
Result<std::uint64_t> audit_size(Connection& connection);
Result<std::vector<ByteArray<32>>> audit_leaf_hashes(Connection& connection, std::uint64_t from, std::uint64_t until);
// Code::conflict, field "sequence", unless the row's sequence is the present size.
Status append_audit(Connection& connection, const AuditRow& row);

// The first record at `from` or later whose text holds `part`.
Result<std::optional<AuditRow>> first_audit_row_with(Connection& connection, std::string_view part, std::uint64_t from);
Result<std::optional<AuditCheckpoint>> latest_checkpoint(Connection& connection);
Result<std::vector<AuditCheckpoint>> list_checkpoints(Connection& connection, std::uint64_t from_size,
                                                      std::uint32_t limit);
Status insert_checkpoint(Connection& connection, const AuditCheckpoint& checkpoint);

}  // namespace kaito::store::sqlite
