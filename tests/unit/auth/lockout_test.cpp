#include "appliance/auth/lockout.hpp"

#include <gtest/gtest.h>

namespace kaito::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr LockoutPolicy kPolicy{.limit = 3, .first_lock = minutes(15), .longest_lock = hours(4)};
constexpr TimePoint kNow{Milliseconds{1'750'000'000'000}};

store::Member failed(int times, TimePoint at = kNow) {
  store::Member member;
  for (int i = 0; i < times; ++i) count_failure(kPolicy, member, at);
  return member;
}

TEST(Lockout, LocksAtTheLimitAndNotBefore) {
  EXPECT_FALSE(is_locked(failed(2), kNow));
  EXPECT_TRUE(is_locked(failed(3), kNow));
}

TEST(Lockout, EndsAfterItsTime) {
  const store::Member member = failed(3);
  EXPECT_TRUE(is_locked(member, kNow + minutes(15) - Milliseconds(1)));
  EXPECT_FALSE(is_locked(member, kNow + minutes(15)));
}

TEST(Lockout, F34TheFirstFailureAfterALockLocksAgainForTwiceAsLong) {
  store::Member member = failed(3);
  count_failure(kPolicy, member, kNow + minutes(20));
  EXPECT_EQ(member.locked_until, kNow + minutes(20) + minutes(30));
  count_failure(kPolicy, member, kNow + minutes(60));
  EXPECT_EQ(member.locked_until, kNow + minutes(60) + minutes(60));
}

TEST(Lockout, NeverLocksForLongerThanTheLongest) {
  EXPECT_EQ(failed(1000).locked_until, kNow + hours(4));
  store::Member member;
  member.failed_logins = 0xffffffff;
  count_failure(kPolicy, member, kNow);
  EXPECT_EQ(member.failed_logins, 0xffffffff);
  EXPECT_EQ(member.locked_until, kNow + hours(4));
}

TEST(Lockout, ClearingForgetsCountAndLock) {
  store::Member member = failed(5);
  clear_failures(member);
  EXPECT_EQ(member.failed_logins, 0U);
  EXPECT_FALSE(is_locked(member, kNow));
}

}  // namespace
}  // namespace kaito::auth
