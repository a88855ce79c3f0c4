#include "appliance/daemon/housekeeper.hpp"

#include <algorithm>

namespace kaito::daemon {

Housekeeper::Housekeeper(std::vector<Chore> chores) : chores_(std::move(chores)), thread_([this] { keep(); }) {}

Housekeeper::~Housekeeper() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void Housekeeper::keep() {
  using SteadyClock = std::chrono::steady_clock;
  BlockingExecutor executor;
  std::vector<SteadyClock::time_point> due;
  for (const auto& chore : chores_) due.push_back(SteadyClock::now() + chore.every);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = std::ranges::min_element(due);
    if (stop_.wait_until(lock, *next, [this] { return stopping_; })) return;
    lock.unlock();
    const auto& chore = chores_[static_cast<std::size_t>(next - due.begin())];
    executor.run(chore.run());
    *next = SteadyClock::now() + chore.every;
    lock.lock();
  }
}

}  // namespace kaito::daemon
