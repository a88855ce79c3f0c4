#include "appliance/store/sqlite/batch_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "appliance/base/invariant.hpp"
#include "appliance/store/sqlite/store_thread.hpp"

namespace kaito::store::sqlite {
namespace {

// Jobs for which it is worth waking the writer while a sync runs: it would wake again for its end anyway.
constexpr std::size_t kWorthWaking = 6;

bool has_bulk(const Batch& batch) {
  return std::ranges::any_of(batch, [](const WaitingJob& waiting) { return waiting.kind == JobKind::bulk; });
}

}  // namespace

BatchWriter::BatchWriter(std::filesystem::path path, Connection connection, LogFile log, StoreOptions options,
                         Logger& logger)
    : path_(std::move(path)),
      options_(std::move(options)),
      logger_(logger),
      connection_(std::move(connection)),
      transaction_(path_, connection_, options_, logger_),
      checkpointer_(connection_, options_.checkpoint_pages),
      sync_(log, [this](const Status& synced) { sync_ended(synced); }),
      thread_([this] { run(); }) {}

BatchWriter::~BatchWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (failed()) return;  // what the log holds is left as it is for the next start
  if (auto emptied = checkpointer_.truncate(); !emptied)
    logger_.warning("store.checkpoint.failed", {{"error", emptied.error()}});
}

Future<Result<void>> BatchWriter::submit(Job job, JobKind kind) {
  auto [future, completer] = make_future<void>();
  bool accepted = false;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    accepted = waiting() < options_.queue_limit;
    if (accepted) {
      auto& queue = kind == JobKind::bulk ? bulk_ : queue_;
      queue.push_back({.job = std::move(job), .kind = kind, .completer = std::move(completer)});
      wake = enough_jobs_ == (kind == JobKind::bulk ? 1 : queue.size());
    }
  }
  if (wake) changed_.notify_one();
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
  const auto now_waiting = [this] {
    const std::lock_guard lock(mutex_);
    return waiting();
  };
  return {.batches = batches_,
          .jobs = jobs_,
          .waiting = now_waiting(),
          .failed = failed(),
          .reserve_touched = free.has_value() && *free < options_.reserve_bytes};
}

void BatchWriter::run() {
  name_store_thread("kaito-store");
  Batch batch;
  while (take_first(batch)) {
    transaction_.run(batch);
    for (std::size_t before = batch.size(); take_more(batch); before = batch.size())
      transaction_.run(std::span(batch).subspan(before));
    finish(batch);
    batch.clear();
    if (checkpointer_.due(/*idle=*/false)) checkpoint();
  }
}

bool BatchWriter::take_first(Batch& batch) {
  Lock lock(mutex_);
  while (waiting() == 0) {
    if (ending_) {
      await_sync(lock);
      return false;
    }
    if (!sync_.busy() && checkpointer_.due(/*idle=*/true) && !failed()) {
      lock.unlock();
      checkpoint();
      lock.lock();
      continue;
    }
    wants_sync_ended_ = checkpointer_.due(/*idle=*/true);
    wait(lock, 1);
  }
  take(batch);
  return true;
}

bool BatchWriter::take_more(Batch& batch) {
  Lock lock(mutex_);
  for (;;) {
    const bool room = batch.size() < options_.batch_limit;
    const bool enough = queue_.size() >= (sync_.busy() ? kWorthWaking : 1);
    if (room && (enough || (!bulk_.empty() && !has_bulk(batch)))) break;
    if (!sync_.busy()) return false;
    wants_sync_ended_ = true;
    wait(lock, room ? kWorthWaking : 0);
  }
  take(batch);
  return true;
}

void BatchWriter::take(Batch& batch) {
  while (!queue_.empty() && batch.size() < options_.batch_limit) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  if (bulk_.empty() || batch.size() >= options_.batch_limit || has_bulk(batch)) return;
  batch.push_back(std::move(bulk_.front()));
  bulk_.pop_front();
}

void BatchWriter::wait(Lock& lock, std::size_t enough_jobs) {
  enough_jobs_ = enough_jobs;
  changed_.wait(lock);
  enough_jobs_ = 0;
  wants_sync_ended_ = false;
}

void BatchWriter::await_sync(Lock& lock) {
  while (sync_.busy()) {
    wants_sync_ended_ = true;
    wait(lock, 0);
  }
}

void BatchWriter::sync_ended(const Status& synced) {
  if (!synced) transaction_.fail_for_good(synced.error());
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = wants_sync_ended_;
  }
  if (wake) changed_.notify_one();
}

void BatchWriter::finish(Batch& batch) {
  const Status committed = transaction_.commit(observer_);
  jobs_ += batch.size();
  // Whatever became of it: after some failures nobody knows.
  if (std::ranges::any_of(batch, [](const WaitingJob& waiting) { return waiting.kind != JobKind::record; }))
    change_generation_.fetch_add(1, std::memory_order_release);
  for (WaitingJob& waiting : batch) waiting.job = nullptr;  // what it holds ends before its caller goes on
  if (committed) {
    ++batches_;
    return sync_.begin(std::exchange(batch, {}));
  }
  for (WaitingJob& waiting : batch) {
    if (waiting.outcome) waiting.outcome = committed;  // a job that failed by itself keeps its own error
    waiting.completer.set(std::move(waiting.outcome));
  }
}

// Between two syncs: a checkpoint moves only what is durable in the log, and syncs by itself.
void BatchWriter::checkpoint() {
  {
    Lock lock(mutex_);
    await_sync(lock);
  }
  if (failed()) return;
  connection_.database().forget_faults();
  auto moved = checkpointer_.run();
  if (moved) return;
  logger_.warning("store.checkpoint.failed", {{"error", moved.error()}});
  // Without space the log simply keeps what it has; an I/O error is final.
  if (connection_.database().worst_fault() == Fault::device) transaction_.fail_for_good(moved.error());
}

}  // namespace kaito::store::sqlite
