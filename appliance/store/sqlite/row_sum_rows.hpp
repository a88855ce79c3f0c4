// Sums of the guarded tables: computed from the rows, and kept in the table row_guard.
#pragma once

#include <span>
#include <stop_token>
#include <string_view>

#include "appliance/store/row_sums.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

// What a row's element is made of: its key and, for all that it says, its MAC. A seed's wrapped DEK is left out: it may
// be wrapped anew, and an older wrapping opens nothing else.
std::span<const std::string_view> element_columns(GuardedTable table) noexcept;

// From the rows, all of them. Code::deadline_exceeded when `stop` is requested meanwhile.
Result<RowSum> compute_row_sum(Connection& connection, GuardedTable table, const std::stop_token& stop);

// What is kept; none when nothing is. Code::integrity when it is not authentic.
Result<std::optional<KeptRowSums>> find_row_sums(Connection& connection);
Status put_row_sums(Connection& connection, const RowSums& sums, const std::optional<RowAnchor>& anchor);
// What an audit record bears of them.
Result<ByteArray<32>> digest_of(Connection& connection, const RowSums& sums);

}  // namespace kaito::store::sqlite
