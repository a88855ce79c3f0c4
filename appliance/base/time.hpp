// Time. Everything that asks for the time is given a Clock, so that tests own it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_time<Milliseconds>;                   // UTC, for what people and protocols see
using SteadyPoint = std::chrono::time_point<std::chrono::steady_clock>;  // for deadlines and intervals

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  [[nodiscard]] virtual SteadyPoint steady_now() const noexcept = 0;
};

// Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] SteadyPoint steady_now() const noexcept override;
};

inline std::int64_t to_unix_ms(TimePoint time) noexcept { return time.time_since_epoch().count(); }
inline TimePoint from_unix_ms(std::int64_t milliseconds) noexcept { return TimePoint{Milliseconds{milliseconds}}; }
// Seconds since 1970, rounded down.
inline std::int64_t to_unix_s(TimePoint time) noexcept {
  return std::chrono::floor<Seconds>(time).time_since_epoch().count();
}

// RFC 3339 in UTC with milliseconds: 2026-11-24T07:33:18.123Z.
std::string to_rfc3339(TimePoint time);
// Accepts what to_rfc3339 gives, and the same without the fraction.
Result<TimePoint> from_rfc3339(std::string_view text);

}  // namespace kaito
