#include "appliance/store/sqlite/batch_transaction.hpp"

#include <fmt/format.h>

#include <utility>

namespace kaito::store::sqlite {

BatchTransaction::BatchTransaction(const std::filesystem::path& path, Connection& connection,
                                   const StoreOptions& options, Logger& logger)
    : path_(path), connection_(connection), options_(options), logger_(logger), sums_(connection, *options.seal) {}

void BatchTransaction::run(std::span<WaitingJob> jobs) {
  if (!transaction_ && state_) state_ = begin();
  if (!state_) return;
  jobs_ran_ = true;
  if (auto ran = run_each(jobs); !ran) state_ = fail(judge(std::move(ran).error(), /*at_commit=*/false));
}

Status BatchTransaction::begin() {
  if (failed_) return fail(Code::storage_failed, "a write failed earlier; nothing is written until the next start");
  connection_.database().forget_faults();
  if (auto ready = sums_.prepare(); !ready) return fail(judge(std::move(ready).error(), /*at_commit=*/false));
  auto transaction = Transaction::begin_immediate(connection_);
  if (!transaction) return fail(judge(std::move(transaction).error(), /*at_commit=*/false));
  transaction_.emplace(*std::move(transaction));
  reserve_ = check_reserve();
  return {};
}

Status BatchTransaction::commit(BatchObserver* observer) {
  if (state_ && failed_)
    state_ = fail(Code::storage_failed, "the sync of the batch before failed; nothing is written until the next start");
  bool at_commit = false;
  if (state_) {
    Status ended = sums_.flush();
    if (ended && observer) ended = observer->before_commit(writer_);
    at_commit = ended.has_value();
    if (ended) ended = transaction_->commit();
    if (!ended) state_ = fail(judge(std::move(ended).error(), at_commit));
  }
  transaction_.reset();  // rolls back what is still open
  const Status ended = std::exchange(state_, {});
  ended ? sums_.committed() : sums_.rolled_back();
  const bool ran = std::exchange(jobs_ran_, false);
  if (ended) space_ran_out_ = false;
  if (observer && ended) observer->committed();
  if (observer && !ended && ran) observer->rolled_back();
  return ended;
}

Status BatchTransaction::run_each(std::span<WaitingJob> jobs) {
  Database& database = connection_.database();
  for (WaitingJob& waiting : jobs) {
    if (!reserve_ && waiting.kind != JobKind::record) {
      waiting.outcome = reserve_;
      continue;
    }
    const auto before = database.total_changes();
    waiting.outcome = run_one(waiting);
    // SQLite rolls the whole transaction back by itself after some errors.
    if (database.worst_fault() != Fault::none || !database.in_transaction())
      return fail(waiting.outcome ? Error{.code = Code::storage_failed, .detail = "a job hid a database error"}
                                  : waiting.outcome.error());
    if (!waiting.outcome && waiting.kind == JobKind::record && database.total_changes() != before)
      return fail(Code::internal, "a record failed after it had changed something");
  }
  return {};
}

Status BatchTransaction::run_one(WaitingJob& waiting) {
  if (waiting.kind == JobKind::record) return waiting.job(writer_);
  const auto sums = sums_.savepoint();
  KAITO_CHECK(connection_.run("SAVEPOINT job"));
  Status outcome = waiting.job(writer_);
  if (!outcome) {
    KAITO_CHECK(connection_.run("ROLLBACK TO job"));
    sums_.roll_back_to(sums);
  }
  KAITO_CHECK(connection_.run("RELEASE job"));
  return outcome;
}

// What every job of the batch is told. Decides whether the store goes on.
Error BatchTransaction::judge(Error cause, bool at_commit) {
  transaction_.reset();
  Database& database = connection_.database();
  const Fault fault = database.worst_fault();
  const bool undone = !database.in_transaction();
  if (fault == Fault::full && undone) {
    // Once, until a batch succeeds: a full volume is no place for many lines.
    if (!std::exchange(space_ran_out_, true)) logger_.warning("store.full", {{"error", cause}});
    return Error{.code = Code::storage_full, .detail = cause.detail};
  }
  if (fault == Fault::device || at_commit || !undone) {
    fail_for_good(cause);
    return Error{.code = Code::storage_failed, .detail = cause.detail};
  }
  logger_.error("store.batch.failed", {{"error", cause}});
  if (fault == Fault::transient) return Error{.code = Code::storage_failed, .detail = cause.detail};
  return cause;
}

void BatchTransaction::fail_for_good(const Error& cause) {
  failed_ = true;
  logger_.error("store.failed", {{"error", cause}, {"action", "reads go on; restart once the disk is sound"}});
}

Status BatchTransaction::check_reserve() {
  const auto free = options_.free_space(path_);
  if (!free) {
    logger_.warning("store.free_space.unknown", {{"error", free.error()}});
    return {};
  }
  const bool touched = *free < options_.reserve_bytes;
  if (std::exchange(reserve_touched_, touched) != touched)
    logger_.warning(touched ? "store.reserve.touched" : "store.reserve.restored", {{"free_bytes", *free}});
  if (!touched) return {};
  return fail(Code::storage_full, fmt::format("{} bytes are free, less than the reserve", *free));
}

}  // namespace kaito::store::sqlite
