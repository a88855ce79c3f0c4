#include "appliance/timekeeping/time_watch.hpp"

#include <algorithm>

namespace kaito::timekeeping {

TimeWatch::TimeWatch(TimeSource& source, TimeLimits limits) : source_(source), limits_(limits) {
  // Without a first look that works, the next one is the first.
  static_cast<void>(look());
}

Result<std::optional<Jump>> TimeWatch::look() {
  auto reading = source_.read();
  if (!reading) {
    uncertainty_ms_.store(kUnknown, std::memory_order_relaxed);
    return fail(std::move(reading).error());
  }
  uncertainty_ms_.store(reading->uncertainty ? reading->uncertainty->count() : kUnknown, std::memory_order_relaxed);
  auto jump = compare(*reading);
  if (jump) {
    const std::lock_guard lock(mutex_);
    ++jumps_;
    last_jump_ = jump;
  }
  return jump;
}

std::optional<Jump> TimeWatch::compare(const TimeReading& reading) {
  const TimePoint boot = reading.wall - reading.since_boot;
  if (!boot_) {
    boot_ = boot;
    looked_at_ = reading.since_boot;
    return std::nullopt;
  }
  // What a clock that is being slewed can have moved since the last look; chrony's default is 8.3 %, adjtime's 0.05 %.
  constexpr int kFastestSlew = 10;
  const Milliseconds slew = std::max(Milliseconds(0), reading.since_boot - looked_at_) / kFastestSlew;
  looked_at_ = reading.since_boot;
  const TimePoint slewed = std::clamp(boot, *boot_ - slew, *boot_ + slew);
  if (std::chrono::abs(boot - slewed) <= limits_.max_jump) {
    boot_ = slewed;
    return std::nullopt;
  }
  const Milliseconds by = boot - *boot_;
  boot_ = boot;
  return Jump{.by = by, .from = reading.wall - by, .to = reading.wall};
}

Status TimeWatch::check() const {
  if (!limits_.max_uncertainty) return {};
  const auto now = uncertainty();
  if (!now)
    return fail(Error{
        .code = Code::time_uncertain, .detail = {}, .field = "time", .reason = "is not synchronised with any source"});
  if (*now > *limits_.max_uncertainty)
    return fail(Error{.code = Code::time_uncertain,
                      .detail = {},
                      .field = "time",
                      .reason = fmt::format("may be off by {} ms; at most {} ms are allowed", now->count(),
                                            limits_.max_uncertainty->count())});
  return {};
}

TimeReport TimeWatch::report() const {
  const std::lock_guard lock(mutex_);
  return {.uncertainty = uncertainty(),
          .max_uncertainty = limits_.max_uncertainty,
          .jumps = jumps_,
          .last_jump = last_jump_};
}

}  // namespace kaito::timekeeping
