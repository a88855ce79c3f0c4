// Finds rows of the guarded tables that were put back, added or removed while the appliance was stopped (F23): compares
// the rows with the sums that the store keeps of them (store/row_sums.hpp), and the sums with the log, whose records
// bear their digest now and then, so that rows and sums of earlier do not pass together. ADR 12 says what follows.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "appliance/audit/journal.hpp"
#include "appliance/base/random.hpp"

namespace kaito::audit {

enum class OnAlteredRows : std::uint8_t {
  lock,   // nothing is served until somebody at the machine has accepted the rows
  serve,  // the alarm alone
};

struct RowReport {
  bool complete = false;             // every table was verified since the start
  std::vector<std::string> altered;  // tables, or "row_guard" when the sums themselves are not what they should be
};

// Thread-safe. All arguments outlive it.
class RowGuard {
 public:
  RowGuard(store::Store& store, Journal& journal, const Clock& clock, Random& random, Logger& log, OnAlteredRows mode);
  ~RowGuard();  // gives up a verification under way
  RowGuard(const RowGuard&) = delete;
  RowGuard& operator=(const RowGuard&) = delete;

  // Once, when the row seal has its key and before anybody is served. Holds the sums against the log, and as many
  // tables as are done in a moment against the sums; takes the sums from the rows where none were ever taken. Blocks.
  // Rows that do not fit are no error but an alarm.
  Status open();
  // Verifies the other tables on a thread of its own.
  void start();
  // Verifies every table on that thread once more; gives up what it is at.
  void verify_again();
  // Has the log bear the sums' digest when they have changed since it did last.
  Task<void> anchor();
  // Takes the sums from the rows as they are now, and records that. For somebody at the machine.
  Task<Status> accept();

  // Every table, now. Blocks, for seconds where there are a million rows. Code::deadline_exceeded when `stop` is
  // requested meanwhile.
  Result<RowReport> verify(const std::stop_token& stop);

  [[nodiscard]] RowReport report() const;
  // Something does not fit, and nothing may be served.
  [[nodiscard]] bool locks() const noexcept { return locks_.load(std::memory_order_acquire); }

 private:
  Status check_anchor(store::Reader& reader, const store::KeptRowSums& kept);
  Status verify_table(store::GuardedTable table, const std::stop_token& stop);
  Status begin_or_wait();
  void verify_from(std::size_t table);
  Task<Status> begin(std::string_view action);
  Status finish_begin();
  void raise(std::string name, const std::string& finding);
  Event event(std::string_view action) const;

  store::Store& store_;
  Journal& journal_;
  const Clock& clock_;
  Random& random_;
  Logger& log_;
  const OnAlteredRows mode_;

  std::size_t verified_at_start_ = 0;  // tables
  std::atomic<bool> locks_{false};
  mutable std::mutex mutex_;
  RowReport report_;     // guarded by mutex_
  std::jthread thread_;  // last: ends first
};

}  // namespace kaito::audit
