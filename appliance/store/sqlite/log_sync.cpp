#include "appliance/store/sqlite/log_sync.hpp"

#include <utility>

#include "appliance/base/invariant.hpp"
#include "appliance/store/sqlite/store_thread.hpp"

namespace kaito::store::sqlite {

LogSync::LogSync(LogFile log, std::move_only_function<void(const Status&)> ended)
    : log_(log), ended_(std::move(ended)), thread_([this] { run(); }) {}

LogSync::~LogSync() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  begun_.notify_one();
  thread_.join();
}

void LogSync::begin(Batch batch) {
  KAITO_INVARIANT(!busy());
  busy_.store(true, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
    begun_one_ = true;
  }
  begun_.notify_one();
}

void LogSync::run() {
  name_store_thread("kaito-sync");
  for (;;) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      begun_.wait(lock, [this] { return begun_one_ || ending_; });
      if (!std::exchange(begun_one_, false)) return;
      batch = std::move(batch_);
    }
    const Status synced = log_.sync();
    busy_.store(false, std::memory_order_release);
    ended_(synced);
    for (WaitingJob& waiting : batch) {
      if (!synced && waiting.outcome) waiting.outcome = synced;  // a job that failed by itself keeps its own error
      waiting.completer.set(std::move(waiting.outcome));
    }
  }
}

}  // namespace kaito::store::sqlite
