// Group commit: one thread takes all jobs that wait and runs them in one transaction, so that any number of concurrent
// writers share one fsync.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/store/sqlite/checkpointer.hpp"
#include "appliance/store/sqlite/row_writer.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::store::sqlite {

// Thread-safe. The destructor runs every job that was accepted, then empties the log.
class BatchWriter {
 public:
  BatchWriter(std::filesystem::path path, Connection connection, StoreOptions options, Logger& logger);
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;
  ~BatchWriter();

  Future<Result<void>> submit(Job job, JobKind kind);
  void observe(BatchObserver& observer);
  [[nodiscard]] StoreStatistics statistics() const;
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t change_generation() const noexcept {
    return change_generation_.load(std::memory_order_acquire);
  }

 private:
  struct Waiting {
    Job job;
    JobKind kind;
    Completer<void> completer;
  };
  using Batch = std::vector<Waiting>;

  void run();
  bool take(Batch& batch);  // false: the writer ends
  void checkpoint();
  void process(Batch& batch);
  Status transact(Batch& batch, std::vector<Status>& outcomes);
  Status run_jobs(Batch& batch, std::vector<Status>& outcomes);
  Status run_job(Waiting& waiting);
  Error batch_failure(Error cause, bool at_commit);
  void fail_for_good(const Error& cause);
  [[nodiscard]] Status check_reserve();

  const std::filesystem::path path_;
  const StoreOptions options_;
  Logger& logger_;

  // The writer thread's own.
  Connection connection_;
  RowWriter writer_{connection_};
  Checkpointer checkpointer_;
  bool reserve_touched_ = false;  // as of the last batch, so that only changes are logged
  bool space_ran_out_ = false;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Waiting> queue_;
  BatchObserver* observer_ = nullptr;
  bool ending_ = false;

  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> change_generation_{0};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> jobs_{0};

  std::jthread thread_;  // last: starts when everything else is there
};

}  // namespace kaito::store::sqlite
