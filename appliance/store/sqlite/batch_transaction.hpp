// The transaction of one batch: begun with its first jobs, joined by those that come before its commit. Decides what an
// error means for a job, for the batch and for the store.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <span>

#include "appliance/base/log.hpp"
#include "appliance/store/sqlite/row_writer.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "appliance/store/sqlite/transaction.hpp"
#include "appliance/store/sqlite/waiting_job.hpp"

namespace kaito::store::sqlite {

// The writer thread's own, but for failed() and fail_for_good().
class BatchTransaction {
 public:
  // All must outlive it.
  BatchTransaction(const std::filesystem::path& path, Connection& connection, const StoreOptions& options,
                   Logger& logger);

  // Each job's outcome goes into it; once the transaction is lost, jobs are not run any more.
  void run(std::span<WaitingJob> jobs);
  // Ends the transaction. An error is every job's that had none of its own; the transaction was rolled back then.
  Status commit(BatchObserver* observer);

  // From now on every transaction fails, until the process is started again.
  void fail_for_good(const Error& cause);
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  Status begin();
  Status run_each(std::span<WaitingJob> jobs);
  Status run_one(WaitingJob& waiting);
  // Rolls back first.
  Error judge(Error cause, bool at_commit);
  [[nodiscard]] Status check_reserve();

  const std::filesystem::path& path_;
  Connection& connection_;
  const StoreOptions& options_;
  Logger& logger_;
  RowSumKeeper sums_;
  RowWriter writer_{connection_, sums_};
  std::optional<Transaction> transaction_;
  bool jobs_ran_ = false;         // in the transaction: the observer has seen them
  Status state_{};                // why the transaction is lost
  Status reserve_{};              // whether changes may be made, as of the transaction's begin
  bool reserve_touched_ = false;  // as of the last batch, so that only changes are logged
  bool space_ran_out_ = false;
  std::atomic<bool> failed_{false};
};

}  // namespace kaito::store::sqlite
