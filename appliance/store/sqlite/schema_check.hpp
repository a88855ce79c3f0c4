// The schema of a database file against the one that the migrations make. Somebody who can write the file could add a
// trigger that changes rows in the writer's name, or take a constraint away.
#pragma once

#include <span>

#include "appliance/store/sqlite/migrator.hpp"

namespace kaito::store::sqlite {

// After migrate(). Code::integrity, naming it, when a table, index, trigger or view is missing, of another text or one
// too many.
Status check_schema(Connection& connection, std::span<const Migration> migrations);

}  // namespace kaito::store::sqlite
