#include "appliance/store/sqlite/batch_writer.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "appliance/base/invariant.hpp"
#include "appliance/store/sqlite/transaction.hpp"

namespace kaito::store::sqlite {
namespace {

// Signals are the main thread's.
void become_writer_thread() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "kaito-store");
}

}  // namespace

BatchWriter::BatchWriter(std::filesystem::path path, Connection connection, StoreOptions options, Logger& logger)
    : path_(std::move(path)),
      options_(std::move(options)),
      logger_(logger),
      connection_(std::move(connection)),
      checkpointer_(connection_, options_.checkpoint_pages),
      thread_([this] { run(); }) {}

BatchWriter::~BatchWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
  if (failed_) return;  // what the log holds is left as it is for the next start
  if (auto emptied = checkpointer_.truncate(); !emptied)
    logger_.warning("store.checkpoint.failed", {{"error", emptied.error()}});
}

Future<Result<void>> BatchWriter::submit(Job job, JobKind kind) {
  auto [future, completer] = make_future<void>();
  bool accepted = false;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    accepted = queue_.size() < options_.queue_limit;
    if (accepted) queue_.push_back({.job = std::move(job), .kind = kind, .completer = std::move(completer)});
    wake = accepted && queue_.size() == 1;
  }
  if (wake) arrived_.notify_one();
  if (!accepted)
    completer.set(fail(Code::deadline_exceeded, fmt::format("{} jobs wait for the disk", options_.queue_limit)));
  return std::move(future);
}

void BatchWriter::observe(BatchObserver& observer) {
  const std::lock_guard lock(mutex_);
  KAITO_INVARIANT(observer_ == nullptr);
  observer_ = &observer;
}

StoreStatistics BatchWriter::statistics() const {
  // Asked anew: without writes nobody else looks.
  const auto free = options_.free_space(path_);
  return {.batches = batches_,
          .jobs = jobs_,
          .failed = failed_,
          .reserve_touched = free.has_value() && *free < options_.reserve_bytes};
}

void BatchWriter::run() {
  become_writer_thread();
  Batch batch;
  while (take(batch)) {
    process(batch);
    batch.clear();
    if (checkpointer_.due(/*idle=*/false)) checkpoint();
  }
}

bool BatchWriter::take(Batch& batch) {
  std::unique_lock lock(mutex_);
  while (queue_.empty()) {
    if (ending_) return false;
    if (checkpointer_.due(/*idle=*/true) && !failed_) {
      lock.unlock();
      checkpoint();
      lock.lock();
    } else {
      arrived_.wait(lock);
    }
  }
  while (!queue_.empty() && batch.size() < options_.batch_limit) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return true;
}

void BatchWriter::checkpoint() {
  if (failed_) return;
  connection_.database().forget_faults();
  auto moved = checkpointer_.run();
  if (moved) return;
  logger_.warning("store.checkpoint.failed", {{"error", moved.error()}});
  // Without space the log simply keeps what it has; an I/O error is final.
  if (connection_.database().worst_fault() == Fault::device) fail_for_good(moved.error());
}

void BatchWriter::process(Batch& batch) {
  std::vector<Status> outcomes(batch.size());
  if (auto ended = transact(batch, outcomes); !ended) {
    for (Status& outcome : outcomes)
      if (outcome) outcome = fail(ended.error());  // a job that failed by itself keeps its own error
  }
  jobs_ += batch.size();
  // Whatever became of it: after some failures nobody knows.
  if (std::ranges::any_of(batch, [](const Waiting& waiting) { return waiting.kind == JobKind::change; }))
    change_generation_.fetch_add(1, std::memory_order_release);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].job = nullptr;  // what it holds ends before its caller goes on
    batch[i].completer.set(std::move(outcomes[i]));
  }
}

Status BatchWriter::transact(Batch& batch, std::vector<Status>& outcomes) {
  if (failed_) return fail(Code::storage_failed, "a write failed earlier; nothing is written until the next start");
  connection_.database().forget_faults();
  auto transaction = Transaction::begin_immediate(connection_);
  if (!transaction) return fail(batch_failure(std::move(transaction).error(), /*at_commit=*/false));

  Status ended = run_jobs(batch, outcomes);
  if (ended && observer_) ended = observer_->before_commit(writer_);
  bool at_commit = false;
  if (ended) {
    at_commit = true;
    ended = transaction->commit();
  }
  if (ended) {
    ++batches_;
    space_ran_out_ = false;
    if (observer_) observer_->committed();
    return {};
  }
  transaction->roll_back();
  Error failure = batch_failure(std::move(ended).error(), at_commit);
  if (observer_) observer_->rolled_back();
  return fail(std::move(failure));
}

Status BatchWriter::run_jobs(Batch& batch, std::vector<Status>& outcomes) {
  Database& database = connection_.database();
  const Status reserve = check_reserve();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!reserve && batch[i].kind == JobKind::change) {
      outcomes[i] = reserve;
      continue;
    }
    const auto before = database.total_changes();
    outcomes[i] = run_job(batch[i]);
    // SQLite rolls the whole transaction back by itself after some errors.
    if (database.worst_fault() != Fault::none || !database.in_transaction())
      return fail(outcomes[i] ? Error{.code = Code::storage_failed, .detail = "a job hid a database error"}
                              : outcomes[i].error());
    if (!outcomes[i] && batch[i].kind == JobKind::record && database.total_changes() != before)
      return fail(Code::internal, "a record failed after it had changed something");
  }
  return {};
}

Status BatchWriter::run_job(Waiting& waiting) {
  if (waiting.kind == JobKind::record) return waiting.job(writer_);
  KAITO_CHECK(connection_.run("SAVEPOINT job"));
  Status outcome = waiting.job(writer_);
  if (!outcome) KAITO_CHECK(connection_.run("ROLLBACK TO job"));
  KAITO_CHECK(connection_.run("RELEASE job"));
  return outcome;
}

// What every job of a batch that was rolled back is told. Decides whether the store goes on.
Error BatchWriter::batch_failure(Error cause, bool at_commit) {
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

void BatchWriter::fail_for_good(const Error& cause) {
  failed_ = true;
  logger_.error("store.failed", {{"error", cause}, {"action", "reads go on; restart once the disk is sound"}});
}

Status BatchWriter::check_reserve() {
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
