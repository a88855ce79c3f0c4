#include "appliance/base/worker_pool.hpp"

#include <algorithm>

namespace kaito {

WorkerPool::WorkerPool(unsigned threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::submit(std::optional<OrgId> org, std::move_only_function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || queue_.size() >= queue_limit_) return false;
    const auto of_the_org = std::ranges::count(queue_, org, &Waiting::org);
    if (org && static_cast<std::size_t>(of_the_org) >= std::max<std::size_t>(queue_limit_ / 2, 1)) return false;
    queue_.push_back({.org = org, .work = std::move(work)});
  }
  arrived_.notify_one();
  return true;
}

WorkerPool::Waiting WorkerPool::take_locked() {
  auto next = std::ranges::find_if(queue_, [this](const Waiting& waiting) { return waiting.org != last_; });
  if (next == queue_.end()) next = queue_.begin();
  Waiting taken = std::move(*next);
  queue_.erase(next);
  last_ = taken.org;
  return taken;
}

void WorkerPool::serve() {
  for (;;) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Waiting next = take_locked();
    lock.unlock();
    next.work();
  }
}

}  // namespace kaito
