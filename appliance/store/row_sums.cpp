#include "appliance/store/row_sums.hpp"

namespace kaito::store {

std::string_view to_string(GuardedTable table) noexcept {
  switch (table) {
    case GuardedTable::staff: return "staff";
    case GuardedTable::staff_credential: return "staff_credential";
    case GuardedTable::org: return "org";
    case GuardedTable::member: return "member";
    case GuardedTable::api_key: return "api_key";
    case GuardedTable::session: return "session";
    case GuardedTable::one_time_token: return "one_time_token";
    case GuardedTable::group_member: return "group_member";
    case GuardedTable::group_seed: return "group_seed";
    case GuardedTable::seed: return "seed";
  }
  return "unknown";
}

void add(SumBytes& sum, const SumBytes& element) noexcept {
  unsigned carry = 0;
  for (std::size_t i = sum.size(); i-- > 0;) {
    carry += unsigned{sum[i]} + element[i];
    sum[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
}

void subtract(SumBytes& sum, const SumBytes& element) noexcept {
  // The two's complement of an element is its negative.
  unsigned carry = 1;
  for (std::size_t i = sum.size(); i-- > 0;) {
    carry += unsigned{sum[i]} + static_cast<std::uint8_t>(~element[i]);
    sum[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8U;
  }
}

}  // namespace kaito::store
