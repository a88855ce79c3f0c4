// One SQLite connection and the mapping of its error codes. sqlite3.h stays out of this header.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "appliance/base/result.hpp"

struct sqlite3;
struct sqlite3_file;

namespace kaito::store::sqlite {

// What an error of SQLite means for the transaction that it happened in.
enum class Fault : std::uint8_t {
  none,       // constraint or misuse: concerns one statement
  transient,  // no memory, lock held elsewhere: the transaction is lost, the next may do better
  full,       // no space: the transaction is lost, nothing is damaged
  device,     // I/O error or damaged file: nothing written after it can be trusted
};

enum class Access : std::uint8_t { read_only, read_write };

// The write-ahead log of an open database; ends with it. sync() is safe from a thread of its own while another uses the
// database.
class LogFile {
 public:
  explicit LogFile(sqlite3_file* file) noexcept : file_(file) {}
  // Makes durable what was committed before the call. Code::storage_failed: nobody knows what is; not to be tried
  // again.
  Status sync() noexcept;

 private:
  sqlite3_file* file_;
};

// Movable owner; closes in its destructor. Used by one thread at a time.
class Database {
 public:
  // Opens an existing file; `vfs` empty means the system's. Turns off what the product never uses: double-quoted
  // strings, trusted schema, writes to internal tables, and the checkpoint that closing would do.
  static Result<Database> open(const std::filesystem::path& path, Access access, const std::string& vfs);

  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Of a database in WAL mode that has been read from.
  Result<LogFile> log_file();

  // Any number of statements, without parameters or results.
  Status execute(const char* sql);

  // The error for a code that a call on this connection returned. Unique columns become Code::conflict, checks
  // Code::invalid_request, foreign keys Code::not_found; each names the column in `field` where SQLite tells it.
  // Remembers the worst fault.
  Error error(int code);
  [[nodiscard]] Fault worst_fault() const noexcept { return worst_; }
  void forget_faults() noexcept { worst_ = Fault::none; }

  // Counts statements, so that one that failed, and was undone by SQLite, is told from those before it.
  void begin_statement() noexcept { ++statement_; }
  [[nodiscard]] std::uint64_t statement() const noexcept { return statement_; }
  [[nodiscard]] std::uint64_t failed_statement() const noexcept { return failed_statement_; }  // the last; 0: none

  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] std::int64_t changes() const noexcept;        // rows that the last statement changed
  [[nodiscard]] std::int64_t total_changes() const noexcept;  // since the connection was opened
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_; }

 private:
  explicit Database(sqlite3* handle) noexcept : handle_(handle) {}
  sqlite3* handle_ = nullptr;
  Fault worst_ = Fault::none;
  std::uint64_t statement_ = 0;
  std::uint64_t failed_statement_ = 0;
};

}  // namespace kaito::store::sqlite
