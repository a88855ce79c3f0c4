#include "appliance/auth/lockout.hpp"

#include <algorithm>
#include <limits>

namespace kaito::auth {

bool is_locked(const store::Member& member, TimePoint now) noexcept {
  return member.locked_until && now < *member.locked_until;
}

void count_failure(const LockoutPolicy& policy, store::Member& member, TimePoint now) noexcept {
  if (member.failed_logins < std::numeric_limits<std::uint32_t>::max()) ++member.failed_logins;
  if (member.failed_logins < policy.limit) return;
  const std::uint32_t doublings = std::min(member.failed_logins - policy.limit, 16U);
  member.locked_until = now + std::min(policy.first_lock * (1 << doublings), policy.longest_lock);
}

void clear_failures(store::Member& member) noexcept {
  member.failed_logins = 0;
  member.locked_until.reset();
}

}  // namespace kaito::auth
