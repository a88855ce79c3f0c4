// Group commit: one thread runs all jobs that wait in one transaction, so that any number of concurrent writers share
// one fsync. While that fsync runs (LogSync), the jobs that come are run in the next transaction, which commits when it
// has ended: the processor and the disk work at the same time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "appliance/base/log.hpp"
#include "appliance/store/sqlite/batch_transaction.hpp"
#include "appliance/store/sqlite/checkpointer.hpp"
#include "appliance/store/sqlite/log_sync.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::store::sqlite {

// Thread-safe. The destructor runs every job that was accepted, then empties the log.
class BatchWriter {
 public:
  // `log` is the connection's.
  BatchWriter(std::filesystem::path path, Connection connection, LogFile log, StoreOptions options, Logger& logger);
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;
  ~BatchWriter();

  Future<Result<void>> submit(Job job, JobKind kind);
  void observe(BatchObserver& observer);
  [[nodiscard]] StoreStatistics statistics() const;
  [[nodiscard]] bool failed() const noexcept { return transaction_.failed(); }
  [[nodiscard]] std::uint64_t change_generation() const noexcept {
    return change_generation_.load(std::memory_order_acquire);
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  // Waits for the first jobs of a batch; false: the writer ends.
  bool take_first(Batch& batch);
  // Waits for the sync under way, and for jobs that join the batch meanwhile; false: the batch is to be committed.
  bool take_more(Batch& batch);
  void take(Batch& batch);
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size() + bulk_.size(); }
  void wait(Lock& lock, std::size_t enough_jobs);
  void await_sync(Lock& lock);
  void finish(Batch& batch);
  void checkpoint();
  void sync_ended(const Status& synced);

  const std::filesystem::path path_;
  const StoreOptions options_;
  Logger& logger_;

  // The writer thread's own.
  Connection connection_;
  BatchTransaction transaction_;
  Checkpointer checkpointer_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WaitingJob> queue_;
  std::deque<WaitingJob> bulk_;  // JobKind::bulk
  BatchObserver* observer_ = nullptr;
  bool ending_ = false;
  // What the writer sleeps for: so many jobs, or the end of the sync.
  std::size_t enough_jobs_ = 0;
  bool wants_sync_ended_ = false;

  std::atomic<std::uint64_t> change_generation_{0};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> jobs_{0};

  LogSync sync_;
  std::jthread thread_;  // last: starts when everything else is there
};

}  // namespace kaito::store::sqlite
