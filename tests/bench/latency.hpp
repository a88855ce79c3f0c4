// Times of what is repeated, and what is told of them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

namespace kaito {

using SteadyClock = std::chrono::steady_clock;

inline double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// `times` must not be empty; `part` from 0 to below 1.
inline double percentile(std::vector<double> times, double part) {
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(times.size()) * part);
  std::ranges::nth_element(times, at);
  return *at;
}

inline void print_latency(std::string_view name, const std::vector<double>& times) {
  fmt::print("{}: {} reads, p50 {:.2f} ms, p99 {:.2f} ms\n", name, times.size(), percentile(times, 0.5),
             percentile(times, 0.99));
}

}  // namespace kaito
