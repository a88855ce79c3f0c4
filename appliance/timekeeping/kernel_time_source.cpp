#include "appliance/timekeeping/kernel_time_source.hpp"

#include <sys/timex.h>

#include <cerrno>
#include <ctime>

namespace kaito::timekeeping {
namespace {

using Nanoseconds = std::chrono::nanoseconds;

Result<Nanoseconds> read_clock(clockid_t id) {
  timespec time{};
  if (::clock_gettime(id, &time) != 0)
    return fail(Code::internal, fmt::format("clock_gettime({}): errno {}", id, errno));
  return Seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

std::optional<Milliseconds> kernel_uncertainty() {
  timex state{};  // modes 0: nothing is changed
  if (::adjtimex(&state) < 0) return std::nullopt;
  if ((state.status & STA_UNSYNC) != 0 || state.maxerror < 0) return std::nullopt;
  // What is still to be slewed away is off now. systemd-timesyncd leaves maxerror at 0 meanwhile.
  const auto offset =
      (state.status & STA_NANO) != 0 ? Nanoseconds(state.offset) : std::chrono::microseconds(state.offset);
  return std::chrono::ceil<Milliseconds>(std::chrono::microseconds(state.maxerror) + std::chrono::abs(offset));
}

}  // namespace

Result<TimeReading> KernelTimeSource::read() {
  // The wall clock between two looks at the other one: had this thread to wait in between, the pair would not belong
  // together and look like a jump. The closest of a few pairs is taken.
  constexpr int kTries = 5;
  constexpr Nanoseconds kClose{100'000};
  Nanoseconds narrowest = Nanoseconds::max();
  TimeReading reading{.uncertainty = kernel_uncertainty(), .wall = {}, .since_boot = {}};
  for (int i = 0; i < kTries && narrowest > kClose; ++i) {
    KAITO_TRY(const auto before, read_clock(CLOCK_BOOTTIME));
    KAITO_TRY(const auto wall, read_clock(CLOCK_REALTIME));
    KAITO_TRY(const auto after, read_clock(CLOCK_BOOTTIME));
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    reading.wall = TimePoint(std::chrono::floor<Milliseconds>(wall));
    reading.since_boot = std::chrono::floor<Milliseconds>(before + (narrowest / 2));
  }
  return reading;
}

}  // namespace kaito::timekeeping
