// How often each endpoint was answered with which status. Counting is one atomic addition.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "appliance/api/endpoint.hpp"

namespace kaito::api {

// Thread-safe.
class RequestCounts {
 public:
  // The statuses that the product gives; any other counts as 0.
  static constexpr std::array<std::uint16_t, 19> kStatuses{0,   200, 201, 204, 400, 401, 403, 404, 405, 408,
                                                           409, 411, 413, 414, 415, 429, 500, 503, 507};

  // `table` outlives this.
  explicit RequestCounts(std::span<const Endpoint> table)
      : table_(table), cells_(new std::atomic<std::uint64_t>[(table.size() + 1) * kStatuses.size()]()) {}

  // `endpoint` is a row of the table; null: no row matched.
  void count(const Endpoint* endpoint, std::uint16_t status) noexcept {
    const std::size_t row = endpoint == nullptr ? table_.size() : static_cast<std::size_t>(endpoint - table_.data());
    cells_[row * kStatuses.size() + slot_of(status)].fetch_add(1, std::memory_order_relaxed);
  }

  struct Count {
    const Endpoint* endpoint;  // null: no row matched
    std::uint16_t status;
    std::uint64_t count;
  };
  // Those that are not zero.
  [[nodiscard]] std::vector<Count> counts() const;

 private:
  static constexpr std::size_t kHighest = 512;
  static constexpr std::array<std::uint8_t, kHighest> kSlots = [] {
    std::array<std::uint8_t, kHighest> slots{};
    for (std::size_t i = 0; i < kStatuses.size(); ++i) slots[kStatuses[i]] = static_cast<std::uint8_t>(i);
    return slots;
  }();
  static std::size_t slot_of(std::uint16_t status) noexcept { return status < kHighest ? kSlots[status] : 0; }

  std::span<const Endpoint> table_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> cells_;  // by row, then status
};

}  // namespace kaito::api
