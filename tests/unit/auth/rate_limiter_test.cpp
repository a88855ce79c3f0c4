#include "appliance/auth/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "tests/fakes/manual_clock.hpp"

namespace kaito::auth {
namespace {

using test::ManualClock;

http::IpAddress ip(std::string_view text) { return http::IpAddress::parse(text).value(); }
RateKey key(std::string_view text) { return RateKey::of(ip(text)); }

class RateLimiterTest : public testing::Test {
 protected:
  RateLimiter make(RateLimit limit, std::size_t buckets = 1024) {
    RateLimits limits;
    limits.fill(limit);
    return {limits, clock_, random_, buckets};
  }
  static int allowed(RateLimiter& limiter, const RateKey& who, int tries, RateClass rate_class = RateClass::login) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += limiter.take(rate_class, who).allowed ? 1 : 0;
    return count;
  }
  ManualClock clock_;
  SystemRandom random_;
};

TEST_F(RateLimiterTest, GivesTheBurstAtOnceAndThenTheRate) {
  auto limiter = make({.per_second = 2, .burst = 5});
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 100), 5);
  clock_.advance(Seconds(3));
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 100), 5);  // six came back, the bucket holds five
  clock_.advance(Seconds(1));
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 100), 2);
}

TEST_F(RateLimiterTest, SaysWhenToTryAgain) {
  auto limiter = make({.per_second = 0.1, .burst = 1});
  EXPECT_TRUE(limiter.take(RateClass::login, key("192.0.2.1")).allowed);
  const RateDecision refused = limiter.take(RateClass::login, key("192.0.2.1"));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, Seconds(10));
  clock_.advance(Seconds(10));
  EXPECT_TRUE(limiter.take(RateClass::login, key("192.0.2.1")).allowed);
}

TEST_F(RateLimiterTest, CountsEachClassAndEachCallerApart) {
  auto limiter = make({.per_second = 1, .burst = 1});
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 9, RateClass::login), 1);
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 9, RateClass::read), 1);
  EXPECT_EQ(allowed(limiter, key("192.0.2.2"), 9, RateClass::login), 1);
}

TEST_F(RateLimiterTest, CountsAnIpv6NetworkOf64BitsAsOneCaller) {
  auto limiter = make({.per_second = 1, .burst = 2});
  EXPECT_EQ(allowed(limiter, key("2001:db8:0:1::1"), 1), 1);
  EXPECT_EQ(allowed(limiter, key("2001:db8:0:1:ffff::9"), 9), 1);
  EXPECT_EQ(allowed(limiter, key("2001:db8:0:2::1"), 9), 2);
}

TEST_F(RateLimiterTest, CountsAKnownCallerByItselfNotByItsAddress) {
  auto limiter = make({.per_second = 1, .burst = 1});
  const Principal ada(MemberPrincipal{.id = MemberId::make(clock_, random_)});
  const Principal bob(MemberPrincipal{.id = MemberId::make(clock_, random_)});
  EXPECT_EQ(allowed(limiter, RateKey::of(ada, ip("192.0.2.1")), 2), 1);
  EXPECT_EQ(allowed(limiter, RateKey::of(ada, ip("192.0.2.9")), 2), 0);
  EXPECT_EQ(allowed(limiter, RateKey::of(bob, ip("192.0.2.1")), 2), 1);
}

TEST_F(RateLimiterTest, F38AStepOfTheWallClockChangesNothing) {
  auto limiter = make({.per_second = 1, .burst = 1});
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 2), 1);
  clock_.step(std::chrono::hours(24 * 3650));
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 2), 0);
  clock_.step(-std::chrono::hours(24 * 7300));
  clock_.advance(Seconds(1));
  EXPECT_EQ(allowed(limiter, key("192.0.2.1"), 2), 1);
}

TEST_F(RateLimiterTest, KeepsTheDebtOfACallerWhileOthersComeAndGoInFullBuckets) {
  auto limiter = make({.per_second = 1000, .burst = 2}, 8);  // one set of eight
  auto& debtor = limiter;
  EXPECT_EQ(allowed(debtor, key("192.0.2.1"), 9), 2);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(limiter.take(RateClass::login, key("198.51.100." + std::to_string(i))).allowed);
    if (i % 4 == 0) clock_.advance(Milliseconds(1));  // the others are full again, and so make room for each other
    EXPECT_LE(allowed(debtor, key("192.0.2.1"), 3), 1);
  }
}

TEST_F(RateLimiterTest, LosesNoRequestUnderParallelUse) {
  auto limiter = make({.per_second = 0.001, .burst = 1000});
  std::atomic<int> total{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back([&] { total += allowed(limiter, key("192.0.2.1"), 1000); });
  }
  EXPECT_EQ(total, 1000);
}

}  // namespace
}  // namespace kaito::auth
