// Moves committed pages from the write-ahead log into the database file. The writer thread alone does this:
// SQLite 3.7.0 to 3.51.2 can lose commits when one connection commits while another checkpoints
// (https://sqlite.org/wal.html, "The WAL-Reset Bug").
#pragma once

#include <cstdint>

#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

class Checkpointer {
 public:
  // Watches the commits of `connection`, which must outlive it.
  Checkpointer(Connection& connection, std::uint32_t pages) noexcept;
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  // Whether enough pages have gathered. A busy writer waits for eight times as many, to spare the callers the fsyncs.
  [[nodiscard]] bool due(bool idle) const noexcept;

  // Moves what no reader still needs. When the log has grown long it also waits, for a tenth of a second at most, for
  // the readers of old pages, so that the log can start from its beginning again.
  Status run();

  // Moves all and empties the log file. For opening and closing, when there are no readers. At opening it makes
  // durable, in the database file, what a process before may have left in the log without a successful fsync.
  Status truncate();

 private:
  static constexpr std::uint32_t kLongLog = 8;

  [[nodiscard]] bool is_long() const noexcept { return logged_ / kLongLog >= pages_; }
  Status checkpoint(int mode);

  Connection& connection_;
  std::uint32_t pages_;
  std::uint32_t logged_ = 0;  // pages in the log after the last commit
  std::uint32_t moved_ = 0;   // of which are in the database file
};

}  // namespace kaito::store::sqlite
