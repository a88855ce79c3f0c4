// The count of failed logins of one account and the lock that follows. Pure; the caller runs it on the row inside the
// writer's transaction, which makes it exact however many attempts run at once (F33).
#pragma once

#include "appliance/store/records.hpp"

namespace kaito::auth {

struct LockoutPolicy {
  std::uint32_t limit = 10;                       // failures until the first lock
  Seconds first_lock = std::chrono::minutes(15);  // doubles with each failure after a lock has ended
  Seconds longest_lock = std::chrono::hours(4);
};

// Whether attempts are refused now, also right ones (F34). An attempt that finds the lock is not counted.
[[nodiscard]] bool is_locked(const store::Member& member, TimePoint now) noexcept;

// Counts a failure, and locks at the limit. The count outlives the lock: the first failure after it locks again.
void count_failure(const LockoutPolicy& policy, store::Member& member, TimePoint now) noexcept;

void clear_failures(store::Member& member) noexcept;

}  // namespace kaito::auth
