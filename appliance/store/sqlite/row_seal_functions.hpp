// The row seal as SQL functions of a connection, so that a statement names the columns that a MAC covers beside those
// that it reads or writes:
//   row_mac('table', column, …)              the MAC, or NULL without a key
//   row_is_authentic(mac, 'table', column, …)   1 when it is the row's, or there is no key; otherwise 0
//   row_prf('purpose', value, …)             a keyed hash of the values for another purpose, or NULL without a key
#pragma once

#include <span>

#include "appliance/store/row_seal.hpp"
#include "appliance/store/sqlite/database.hpp"

struct sqlite3_value;

namespace kaito::store::sqlite {

// `seal` must outlive the database's connection.
Status add_row_seal_functions(Database& database, const RowSeal& seal);

// What row_prf('row', 'table', column, …) is the hash of, for values that no statement has.
Bytes element_message(std::string_view table, std::span<sqlite3_value* const> columns);

}  // namespace kaito::store::sqlite
