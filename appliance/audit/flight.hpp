// A change on its way and the caller who waits for it. A change may work on what lies in its caller's frame, so a wait
// whose time is up ends before the change has begun, which then never begins, or after it has run, never in between.
#pragma once

#include <mutex>
#include <optional>

#include "appliance/base/task.hpp"

namespace kaito::audit {

// Thread-safe.
class Flight {
 public:
  // For the change. False: the caller has left, nothing may be done.
  [[nodiscard]] bool begin();
  // The change has run: a wait that is overdue ends now.
  void end();

  // The time of the wait is up: it ends with `error`, at once or, while the change is running, right after it.
  void expire(FutureWatch<Status> wait, Error error);

 private:
  enum class Phase : std::uint8_t { waiting, running, ran, left };
  struct Overdue {
    FutureWatch<Status> wait;
    Error error;
  };
  std::mutex mutex_;
  Phase phase_ = Phase::waiting;
  std::optional<Overdue> overdue_;
};

}  // namespace kaito::audit
