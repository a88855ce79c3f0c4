#include "appliance/audit/wait_limit.hpp"

namespace kaito::audit {

WaitLimit::WaitLimit(Milliseconds limit) : limit_(limit), thread_([this] { run(); }) {}

WaitLimit::~WaitLimit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (Entry& entry : entries_) entry.expire({Code::deadline_exceeded, "the wait was ended"});
}

void WaitLimit::watch(FutureWatch<Status> future, std::shared_ptr<Flight> flight) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    forget_settled();
    entries_.push_back({std::chrono::steady_clock::now() + limit_, std::move(future), std::move(flight)});
    wake = std::exchange(idle_, false);
  }
  if (wake) changed_.notify_one();
}

void WaitLimit::Entry::expire(Error error) {
  if (flight)
    flight->expire(std::move(future), std::move(error));
  else
    future.settle(fail(std::move(error)));
}

// Keeps the queue as short as the waits that are under way.
void WaitLimit::forget_settled() {
  while (!entries_.empty() && entries_.front().future.settled()) entries_.pop_front();
}

void WaitLimit::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    forget_settled();
    if (entries_.empty()) {
      idle_ = true;
      changed_.wait(lock, [this] { return stopping_ || !idle_; });
      continue;
    }
    const SteadyPoint until = entries_.front().until;
    if (std::chrono::steady_clock::now() < until) {
      changed_.wait_until(lock, until, [this] { return stopping_; });
      continue;
    }
    Entry late = std::move(entries_.front());
    entries_.pop_front();
    lock.unlock();
    late.expire({Code::deadline_exceeded, fmt::format("no answer from the store in {} ms", limit_.count())});
    lock.lock();
  }
}

}  // namespace kaito::audit
