// Rows of approval and approval_signature.
#pragma once

#include <optional>
#include <vector>

#include "appliance/store/approval_records.hpp"
#include "appliance/store/records.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

Result<std::optional<Approval>> find_approval(Connection& connection, const ApprovalId& id);
Result<Page<Approval>> list_approvals(Connection& connection, const PageRequest& page);
Result<std::uint64_t> count_open_approvals(Connection& connection, TimePoint now);
Result<std::vector<ApprovalSignature>> signatures_of(Connection& connection, const ApprovalId& id);
Status insert_approval(Connection& connection, const Approval& approval);
Status insert_approval_signature(Connection& connection, const ApprovalSignature& signature);
Status end_approval(Connection& connection, const ApprovalId& id, ApprovalState state, TimePoint when);
Status withdraw_approvals_of(Connection& connection, const StaffId& staff, TimePoint when);

}  // namespace kaito::store::sqlite
