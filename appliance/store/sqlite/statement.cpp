#include "appliance/store/sqlite/statement.hpp"

#include <sqlite3.h>

#include <limits>
#include <utility>

namespace kaito::store::sqlite {

Result<Statement> Statement::prepare(Database& database, const char* sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fail(database.error(code).within(sql));
  return Statement(handle);
}

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

Result<bool> Statement::step(Database& database) {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(database.error(code));
}

void Statement::reset() noexcept { sqlite3_reset(handle_); }  // repeats the error that step() has reported

int Statement::put(int index, std::int64_t value) noexcept { return sqlite3_bind_int64(handle_, index, value); }

int Statement::put(int index, std::uint64_t value) noexcept {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return SQLITE_RANGE;
  return put(index, static_cast<std::int64_t>(value));
}

// A null pointer would bind NULL, so empty values are given a place of their own.
int Statement::put(int index, std::string_view text) noexcept {
  return sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

int Statement::put(int index, ByteView bytes) noexcept {
  if (bytes.empty()) return sqlite3_bind_zeroblob(handle_, index, 0);
  return sqlite3_bind_blob64(handle_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

int Statement::put_null(int index) noexcept { return sqlite3_bind_null(handle_, index); }

}  // namespace kaito::store::sqlite
