#include "appliance/audit/flight.hpp"

namespace kaito::audit {

bool Flight::begin() {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::left) return false;
  phase_ = Phase::running;
  return true;
}

void Flight::end() {
  std::optional<Overdue> overdue;
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::ran;
    overdue = std::exchange(overdue_, std::nullopt);
  }
  if (overdue) overdue->wait.settle(fail(std::move(overdue->error)));
}

void Flight::expire(FutureWatch<Status> wait, Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::running) {
      overdue_.emplace(std::move(wait), std::move(error));
      return;
    }
    if (phase_ == Phase::waiting) phase_ = Phase::left;
  }
  wait.settle(fail(std::move(error)));
}

}  // namespace kaito::audit
