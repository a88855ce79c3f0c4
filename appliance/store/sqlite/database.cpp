#include "appliance/store/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace kaito::store::sqlite {
namespace {

Fault fault_of(int code) {
  switch (code) {
    // Growing the -shm file is the only caller of SHMSIZE, and space is all that it can lack. Nothing in it is durable.
    case SQLITE_IOERR_SHMSIZE: return Fault::full;
    case SQLITE_IOERR_NOMEM: return Fault::transient;
    default: break;
  }
  switch (code & 0xff) {
    case SQLITE_FULL: return Fault::full;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY: return Fault::device;
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT: return Fault::transient;
    default: return Fault::none;
  }
}

Code code_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return Code::conflict;
    case SQLITE_CONSTRAINT_CHECK: return Code::invalid_request;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return Code::not_found;
    default: break;
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::integrity;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR: return Code::internal;
    default: return fault_of(code) == Fault::full ? Code::storage_full : Code::storage_failed;
  }
}

// "UNIQUE constraint failed: member.org, member.username" → "username". The schema names its checks after their
// columns.
std::string constrained_column(std::string_view message) {
  const auto colon = message.rfind(": ");
  if (colon == std::string_view::npos) return {};
  const auto start = std::max(message.rfind('.') + 1, colon + 2);  // rfind's npos + 1 is 0
  return std::string(message.substr(start));
}

// Without memory statistics, threads do not meet at a global lock at every allocation. Only possible before the
// library's first use in the process; later it is refused, and only speed is lost.
void set_up_library() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  std::ignore = once;
}

int configure(sqlite3* handle) {
  constexpr std::pair<int, int> kSettings[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_DQS_DDL, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
  };
  for (const auto& [setting, value] : kSettings)
    if (const int code = sqlite3_db_config(handle, setting, value, nullptr); code != SQLITE_OK) return code;
  return sqlite3_extended_result_codes(handle, 1);
}

}  // namespace

Status LogFile::sync() noexcept {
  const int code = file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
  if (code == SQLITE_OK) return {};
  return fail(Code::storage_failed, fmt::format("sync of the log: {}", sqlite3_errstr(code)));
}

Result<Database> Database::open(const std::filesystem::path& path, Access access, const std::string& vfs) {
  const int mode = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  set_up_library();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  Database database(handle);
  if (code != SQLITE_OK) return fail(database.error(code).within(fmt::format("open {}", path.string())));
  if (const int configured = configure(handle); configured != SQLITE_OK) return fail(database.error(configured));
  return database;
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      worst_(std::exchange(other.worst_, Fault::none)),
      statement_(other.statement_),
      failed_statement_(other.failed_statement_) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(worst_, other.worst_);
  std::swap(statement_, other.statement_);
  std::swap(failed_statement_, other.failed_statement_);
  return *this;
}

Database::~Database() {
  // close_v2 waits for statements that are still to be finalised; it cannot fail.
  sqlite3_close_v2(handle_);
}

Result<LogFile> Database::log_file() {
  sqlite3_file* file = nullptr;
  if (const int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
      code != SQLITE_OK)
    return fail(error(code));
  if (file == nullptr || file->pMethods == nullptr) return fail(Code::internal, "the database has no open log");
  return LogFile(file);
}

Status Database::execute(const char* sql) {
  begin_statement();
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Error Database::error(int code) {
  worst_ = std::max(worst_, fault_of(code));
  failed_statement_ = statement_;
  const std::string message = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  Error error{.code = code_of(code), .detail = fmt::format("SQLite: {} (code {})", message, code)};
  if (error.code == Code::conflict) {
    error.field = constrained_column(message);
    error.reason = "is taken";
  } else if (error.code == Code::invalid_request) {
    error.field = constrained_column(message);
    error.reason = "is out of bounds";
  }
  return error;
}

bool Database::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Database::changes() const noexcept { return sqlite3_changes64(handle_); }
std::int64_t Database::total_changes() const noexcept { return sqlite3_total_changes64(handle_); }

}  // namespace kaito::store::sqlite
