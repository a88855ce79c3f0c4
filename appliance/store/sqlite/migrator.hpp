// Brings a database file to the newest schema. Steps are the numbered SQL files of a folder, embedded when the program
// is built; PRAGMA user_version holds the number of the last one done.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

struct Migration {
  std::uint32_t number;  // from 1, without gaps
  const char* name;      // of the file
  const char* sql;
};

extern const std::span<const Migration> kStoreMigrations;
extern const std::span<const Migration> kKeyringMigrations;

// Runs each missing step in a transaction of its own. `application_id` marks the file as the product's (PRAGMA
// application_id). Code::configuration for a file with another mark, or with a step that this program does not know.
Status migrate(Connection& connection, std::uint32_t application_id, std::span<const Migration> migrations);

}  // namespace kaito::store::sqlite
