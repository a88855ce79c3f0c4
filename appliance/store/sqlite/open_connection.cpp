#include "appliance/store/sqlite/open_connection.hpp"

#include <fmt/format.h>

#include "appliance/store/sqlite/row_seal_functions.hpp"

namespace kaito::store::sqlite {
namespace {

// Deleted content is overwritten with zeros; sorting and statement journals stay in memory; damaged cells are noticed
// before they are used.
constexpr const char* kCommonPragmas =
    "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;";

Result<Connection> open_with(const std::filesystem::path& path, Access access, const std::string& vfs,
                             const char* pragmas) {
  KAITO_TRY(Database database, Database::open(path, access, vfs));
  KAITO_CHECK(database.execute(kCommonPragmas));
  KAITO_CHECK(database.execute(pragmas));
  return Connection(std::move(database));
}

// Runs to the end: a PRAGMA that writes does so after its first row.
Result<std::string> text_of(Connection& connection, Sql sql) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "pragma");
    return row.finish(row.text(0, 1024));
  };
  KAITO_TRY(auto texts, connection.all(sql, read));
  return texts.empty() ? std::string() : std::move(texts.front());
}

// SQLite answers with another mode, and no error, when it could not set the one asked for.
Status set_journal_mode(Connection& connection, Sql pragma, std::string_view mode) {
  KAITO_TRY(const std::string answer, text_of(connection, pragma));
  if (answer == mode) return {};
  return fail(Code::storage_failed, fmt::format("journal mode is {}, not {}", answer, mode));
}

}  // namespace

Result<Connection> open_writer_connection(const std::filesystem::path& path, const std::string& vfs,
                                          const RowSeal& seal) {
  // NORMAL syncs around checkpoints; the log after a commit is synced by LogSync. 64 MiB of log file are kept for reuse
  // at most; 16 MiB of pages are cached.
  KAITO_TRY(Connection connection,
            open_with(path, Access::read_write, vfs,
                      "PRAGMA busy_timeout = 100; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; "
                      "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;"));
  KAITO_CHECK(set_journal_mode(connection, "PRAGMA journal_mode = WAL", "wal"));
  KAITO_CHECK(add_row_seal_functions(connection.database(), seal));
  return connection;
}

Result<Connection> open_reader_connection(const std::filesystem::path& path, const std::string& vfs,
                                          const RowSeal& seal) {
  KAITO_TRY(Connection connection,
            open_with(path, Access::read_only, vfs,
                      "PRAGMA busy_timeout = 100; PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; "
                      "PRAGMA cache_size = -4096;"));
  KAITO_CHECK(add_row_seal_functions(connection.database(), seal));
  return connection;
}

Result<Connection> open_keyring_connection(const std::filesystem::path& path, const std::string& vfs) {
  KAITO_TRY(Connection connection,
            open_with(path, Access::read_write, vfs, "PRAGMA busy_timeout = 100; PRAGMA synchronous = EXTRA;"));
  KAITO_CHECK(set_journal_mode(connection, "PRAGMA journal_mode = PERSIST", "persist"));
  return connection;
}

// Only the structure is checked: a row that breaks a CHECK is refused when it is read, and stops nobody else's.
Status check_quickly(Connection& connection) {
  KAITO_CHECK(connection.database().execute("PRAGMA ignore_check_constraints = ON"));
  KAITO_TRY(const std::string answer, text_of(connection, "PRAGMA quick_check(1)"));
  KAITO_CHECK(connection.database().execute("PRAGMA ignore_check_constraints = OFF"));
  if (answer == "ok") return {};
  return fail(Code::integrity, fmt::format("the database file is damaged: {}", answer));
}

}  // namespace kaito::store::sqlite
