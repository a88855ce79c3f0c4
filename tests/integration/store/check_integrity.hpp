// SQLite's own opinion of a closed file.
#pragma once

#include <filesystem>
#include <string>

#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

// "ok", or the first thing that is wrong. Also checks foreign keys and CHECKs.
inline std::string integrity_of(const std::filesystem::path& path) {
  auto database = Database::open(path, Access::read_write, {});
  if (!database) return database.error().describe();
  Connection connection(*std::move(database));
  const auto text = [](const Statement& statement) {
    Row row(statement, "pragma");
    return row.finish(row.text(0, 1024));
  };
  const auto checked = connection.one("PRAGMA integrity_check(1)", text);
  if (!checked) return checked.error().describe();
  const auto orphans = connection.all("PRAGMA foreign_key_check", text);
  if (!orphans) return orphans.error().describe();
  return orphans->empty() ? checked->value_or("no answer") : "foreign key broken in " + orphans->front();
}

}  // namespace kaito::store::sqlite
