// A clock that moves when a test says so. Thread-safe.
#pragma once

#include <atomic>

#include "appliance/base/time.hpp"

namespace kaito::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = from_unix_ms(1'750'000'000'000)) : now_(to_unix_ms(start)) {}

  [[nodiscard]] TimePoint now() const noexcept override { return from_unix_ms(now_.load()); }
  [[nodiscard]] SteadyPoint steady_now() const noexcept override {
    return SteadyPoint{std::chrono::milliseconds(steady_.load())};
  }

  // Time passes.
  void advance(Milliseconds by) noexcept {
    now_ += by.count();
    steady_ += by.count();
  }
  // The wall clock is set, by hand or by NTP; steady time does not notice.
  void step(Milliseconds by) noexcept { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> steady_{1'000'000'000};
};

}  // namespace kaito::test
