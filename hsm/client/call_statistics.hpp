// How often the worker was asked for each operation, and how long it took. Written by the supervisor's thread alone, a
// few plain additions for each frame; read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "appliance/base/time.hpp"
#include "hsm/protocol/frame.hpp"

namespace kaito::hsm {

// Of one operation since the client started. A frame may carry many DEKs.
struct CallCount {
  Op op = Op::status;
  std::uint64_t frames = 0;
  std::uint64_t failed = 0;  // of them
  std::uint64_t microseconds = 0;
  std::vector<std::uint64_t>
      buckets;  // frames that took at most so long as CallStatistics::kBounds says; not cumulated
};

class CallStatistics {
 public:
  // Upper bounds in microseconds; what took longer is in none.
  static constexpr std::array<std::uint64_t, 10> kBounds{100,    250,    500,     1'000,     2'500,
                                                         10'000, 50'000, 250'000, 1'000'000, 5'000'000};

  void add(Op op, bool succeeded, SteadyPoint::duration took) noexcept;
  [[nodiscard]] std::vector<CallCount> counts() const;

 private:
  static constexpr std::size_t kOps = 64;
  struct Cell {
    std::atomic<std::uint64_t> frames{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> microseconds{0};
    std::array<std::atomic<std::uint64_t>, kBounds.size()> buckets{};
  };
  std::array<Cell, kOps> cells_{};
};

std::string_view to_string(Op op) noexcept;

}  // namespace kaito::hsm
