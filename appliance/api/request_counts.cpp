#include "appliance/api/request_counts.hpp"

namespace kaito::api {

std::vector<RequestCounts::Count> RequestCounts::counts() const {
  std::vector<Count> counts;
  for (std::size_t row = 0; row <= table_.size(); ++row)
    for (std::size_t slot = 0; slot < kStatuses.size(); ++slot)
      if (const auto count = cells_[row * kStatuses.size() + slot].load(std::memory_order_relaxed); count > 0)
        counts.push_back({row < table_.size() ? &table_[row] : nullptr, kStatuses[slot], count});
  return counts;
}

}  // namespace kaito::api
