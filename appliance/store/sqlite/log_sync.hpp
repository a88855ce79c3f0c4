// Makes committed batches durable and tells their callers, on a thread of its own, so that the writer fills the next
// transaction meanwhile.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "appliance/store/sqlite/database.hpp"
#include "appliance/store/sqlite/waiting_job.hpp"

namespace kaito::store::sqlite {

class LogSync {
 public:
  // `ended` is called on the thread after each sync with its outcome, when busy() is false again and before the callers
  // of the batch are told.
  LogSync(LogFile log, std::move_only_function<void(const Status&)> ended);
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;
  ~LogSync();  // the batch under way is finished

  // Not while busy(): a batch that is committed during a sync may or may not be covered by it.
  void begin(Batch batch);
  [[nodiscard]] bool busy() const noexcept { return busy_.load(std::memory_order_acquire); }

 private:
  void run();

  LogFile log_;
  std::move_only_function<void(const Status&)> ended_;
  std::mutex mutex_;
  std::condition_variable begun_;
  Batch batch_;
  bool begun_one_ = false;
  bool ending_ = false;
  std::atomic<bool> busy_{false};
  std::jthread thread_;  // last: starts when everything else is there
};

}  // namespace kaito::store::sqlite
