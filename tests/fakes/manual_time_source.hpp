// A kernel whose time moves when a test says so. Not thread-safe.
#pragma once

#include "appliance/timekeeping/time_source.hpp"

namespace kaito::test {

class ManualTimeSource final : public timekeeping::TimeSource {
 public:
  Result<timekeeping::TimeReading> read() override {
    if (broken) return fail(Code::internal, "no clock");
    return timekeeping::TimeReading{.uncertainty = uncertainty, .wall = wall, .since_boot = since_boot};
  }
  // Time passes; the wall clock runs faster or slower by `slew`.
  void advance(Milliseconds by, Milliseconds slew = {}) {
    since_boot += by;
    wall += by + slew;
  }

  std::optional<Milliseconds> uncertainty;
  TimePoint wall = from_unix_ms(1'750'000'000'000);
  Milliseconds since_boot{90'000};
  bool broken = false;
};

}  // namespace kaito::test
