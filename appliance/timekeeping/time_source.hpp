// What the kernel says of the time.
#pragma once

#include <optional>

#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

namespace kaito::timekeeping {

struct TimeReading {
  // The bound that the kernel gives for the error of the wall clock, rounded up; absent while it has not been
  // synchronised, or when the kernel does not tell.
  std::optional<Milliseconds> uncertainty;
  TimePoint wall;             // CLOCK_REALTIME
  Milliseconds since_boot{};  // CLOCK_BOOTTIME at the same moment: nobody can set it, and it counts while suspended
};

class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual Result<TimeReading> read() = 0;
};

}  // namespace kaito::timekeeping
