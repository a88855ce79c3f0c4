// Deadlines of many connections at the cost of a store each: a wheel of lists, turned by one timer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "appliance/base/time.hpp"

namespace kaito::http {

class DeadlineWheel;

// One owner's deadline. Leaves the wheel when it is destroyed.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { unlink(); }

 private:
  friend class DeadlineWheel;
  void unlink() noexcept;
  SteadyPoint at_{};
  std::uint64_t tick_ = 0;  // when the wheel will look at it
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
};

// One thread. A deadline is reported at most one kTick after it has passed.
class DeadlineWheel {
 public:
  static constexpr Milliseconds kTick{100};

  explicit DeadlineWheel(SteadyPoint now) noexcept;

  // O(1), without allocation; a later deadline costs two stores, since it is moved only when its old turn comes.
  void set(Deadline& deadline, SteadyPoint at) noexcept;

  // Calls `expired(Deadline&)` for each that has passed; they are out of the wheel by then and may be set again or
  // destroyed, and others too.
  template <class Expired>
  void turn(SteadyPoint now, Expired expired) {
    while (next_tick_ <= tick_of(now)) {
      Deadline due;
      collect(next_tick_++ % kSlots, due);
      while (Deadline* deadline = due.next_) {
        deadline->unlink();
        if (deadline->at_ > now)
          link(*deadline);
        else
          expired(*deadline);
      }
    }
  }

 private:
  static constexpr std::size_t kSlots = 1024;  // 102 s; a longer deadline is looked at once a round
  [[nodiscard]] std::uint64_t tick_of(SteadyPoint at) const noexcept;
  void collect(std::size_t slot, Deadline& into) noexcept;
  void link(Deadline& deadline) noexcept;

  SteadyPoint start_;
  std::uint64_t next_tick_ = 1;
  std::array<Deadline, kSlots> slots_;  // heads of lists
};

}  // namespace kaito::http
