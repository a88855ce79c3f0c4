// Watches the clock that codes are made by. Somebody looks about once a second; whoever gives a code asks what the last
// look found, which costs an atomic load.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "appliance/timekeeping/time_source.hpp"

namespace kaito::timekeeping {

struct TimeLimits {
  // Codes are refused while the uncertainty is above it or unknown; absent: codes are given, and say that it is
  // unknown.
  std::optional<Milliseconds> max_uncertainty;
  // How far the wall clock may leave CLOCK_BOOTTIME. A clock that is slewed, by up to a tenth, never reaches it; a leap
  // second that is stepped does not pass the default either.
  Milliseconds max_jump{1000};
};

struct Jump {
  Milliseconds by{};  // negative: the wall clock went back
  TimePoint from;     // what the wall clock would have said
  TimePoint to;       // what it said
  friend bool operator==(const Jump&, const Jump&) = default;
};

struct TimeReport {
  std::optional<Milliseconds> uncertainty;
  std::optional<Milliseconds> max_uncertainty;
  std::uint64_t jumps = 0;
  std::optional<Jump> last_jump;
};

// Thread-safe. look() is for one thread.
class TimeWatch {
 public:
  // Takes the first look. `source` outlives this.
  TimeWatch(TimeSource& source, TimeLimits limits);

  // Reads the source. The jump that the wall clock has made since the last look; none when there was none. Several
  // steps that are each within the bound count together unless a slew of a tenth could have made them. An error of the
  // source makes the uncertainty unknown.
  Result<std::optional<Jump>> look();

  // As the last look found it; absent: unknown.
  [[nodiscard]] std::optional<Milliseconds> uncertainty() const noexcept {
    const auto value = uncertainty_ms_.load(std::memory_order_relaxed);
    return value < 0 ? std::nullopt : std::optional(Milliseconds(value));
  }
  // Code::time_uncertain when a limit is set, and the uncertainty is above it or unknown.
  [[nodiscard]] Status check() const;

  [[nodiscard]] TimeReport report() const;

 private:
  static constexpr std::int64_t kUnknown = -1;

  std::optional<Jump> compare(const TimeReading& reading);

  TimeSource& source_;
  const TimeLimits limits_;
  std::atomic<std::int64_t> uncertainty_ms_{kUnknown};
  // Only look() touches these two: the offset that the wall clock is expected to have from CLOCK_BOOTTIME, and when.
  std::optional<TimePoint> boot_;
  Milliseconds looked_at_{};
  mutable std::mutex mutex_;
  std::uint64_t jumps_ = 0;  // guarded by mutex_, as the next
  std::optional<Jump> last_jump_;
};

}  // namespace kaito::timekeeping
