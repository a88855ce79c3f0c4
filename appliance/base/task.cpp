#include "appliance/base/task.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace kaito {
namespace {
thread_local Executor* current_executor = nullptr;
}

Executor* Executor::current() noexcept { return current_executor; }

Executor::Scope::Scope(Executor& executor) noexcept : before_(std::exchange(current_executor, &executor)) {}
Executor::Scope::~Scope() { current_executor = before_; }

struct BlockingExecutor::Queue {
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::move_only_function<void()>> work;
};

BlockingExecutor::BlockingExecutor() : queue_(std::make_unique<Queue>()) {}
BlockingExecutor::~BlockingExecutor() = default;

void BlockingExecutor::post(std::move_only_function<void()> work) {
  // Notified under the lock: the waiter may destroy the executor as soon as it has the work.
  const std::scoped_lock lock(queue_->mutex);
  queue_->work.push_back(std::move(work));
  queue_->arrived.notify_one();
}

void BlockingExecutor::run_until(const bool& done) {
  while (!done) {
    std::unique_lock lock(queue_->mutex);
    queue_->arrived.wait(lock, [this] { return !queue_->work.empty(); });
    auto work = std::move(queue_->work.front());
    queue_->work.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace kaito
