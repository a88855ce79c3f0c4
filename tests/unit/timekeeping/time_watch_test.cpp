#include "appliance/timekeeping/time_watch.hpp"

#include <gmock/gmock.h>

#include "appliance/timekeeping/kernel_time_source.hpp"
#include "tests/fakes/manual_time_source.hpp"

namespace kaito::timekeeping {
namespace {

constexpr Milliseconds kSecond{1000};
constexpr auto ms = [](std::int64_t count) { return Milliseconds(count); };

class TimeWatchTest : public ::testing::Test {
 protected:
  // What a look finds after `by`, in which the wall clock gains `gain`.
  std::optional<Jump> look_after(TimeWatch& watch, Milliseconds by, Milliseconds gain) {
    source_.advance(by, gain);
    auto found = watch.look();
    EXPECT_TRUE(found) << found.error().describe();
    return found.value_or(std::nullopt);
  }

  test::ManualTimeSource source_;
};

TEST_F(TimeWatchTest, TellsWhatTheKernelSaidAtTheLastLook) {
  source_.uncertainty = ms(12);
  TimeWatch watch(source_, {});
  source_.uncertainty = ms(40);
  EXPECT_EQ(watch.uncertainty(), ms(12));
  ASSERT_TRUE(watch.look());
  EXPECT_EQ(watch.uncertainty(), ms(40));
}

TEST_F(TimeWatchTest, GivesCodesOfUnknownUncertaintyWhenNoLimitIsSet) {
  const TimeWatch watch(source_, {});
  EXPECT_EQ(watch.uncertainty(), std::nullopt);
  EXPECT_TRUE(watch.check());
}

TEST_F(TimeWatchTest, RefusesAboveTheLimitAndWhenNothingIsKnown) {
  source_.uncertainty = ms(500);
  TimeWatch watch(source_, {.max_uncertainty = ms(500), .max_jump = kSecond});
  EXPECT_TRUE(watch.check()) << "at the limit";
  source_.uncertainty = ms(501);
  ASSERT_TRUE(watch.look());
  const Status above = watch.check();
  ASSERT_FALSE(above);
  EXPECT_EQ(above.error().code, Code::time_uncertain);
  EXPECT_THAT(above.error().reason, ::testing::HasSubstr("501 ms"));
  source_.uncertainty.reset();
  ASSERT_TRUE(watch.look());
  EXPECT_FALSE(watch.check());
  source_.uncertainty = ms(1);
  ASSERT_TRUE(watch.look());
  EXPECT_TRUE(watch.check()) << "it came back";
}

TEST_F(TimeWatchTest, KnowsNothingWhenTheSourceFails) {
  source_.uncertainty = ms(1);
  TimeWatch watch(source_, {.max_uncertainty = ms(500), .max_jump = kSecond});
  source_.broken = true;
  EXPECT_FALSE(watch.look());
  EXPECT_EQ(watch.uncertainty(), std::nullopt);
  EXPECT_FALSE(watch.check());
}

TEST_F(TimeWatchTest, SeesAJumpOfTheWallClockForthAndBackOnceEach) {  // F38
  TimeWatch watch(source_, {});
  EXPECT_EQ(look_after(watch, kSecond, ms(0)), std::nullopt);
  const auto forth = look_after(watch, kSecond, ms(3'600'000));
  ASSERT_TRUE(forth);
  EXPECT_EQ(forth->by, ms(3'600'000));
  EXPECT_EQ(forth->to, source_.wall);
  EXPECT_EQ(look_after(watch, kSecond, ms(0)), std::nullopt);
  const auto back = look_after(watch, kSecond, ms(-7'200'000));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->by, ms(-7'200'000));
  EXPECT_EQ(watch.report().jumps, 2U);
  EXPECT_EQ(watch.report().last_jump, back);
}

TEST_F(TimeWatchTest, TakesASlewForNoJumpHoweverLongItLasts) {
  TimeWatch watch(source_, {});
  for (int i = 0; i < 600; ++i) ASSERT_EQ(look_after(watch, kSecond, ms(-100)), std::nullopt) << i;
}

TEST_F(TimeWatchTest, AddsUpSmallStepsThatNoSlewWouldMake) {
  TimeWatch watch(source_, {});
  EXPECT_EQ(look_after(watch, kSecond, ms(900)), std::nullopt);
  EXPECT_TRUE(look_after(watch, kSecond, ms(900)));
}

TEST_F(TimeWatchTest, TakesASuspendedMachineAndALeapSecondForNoJump) {
  TimeWatch watch(source_, {});
  EXPECT_EQ(look_after(watch, ms(8 * 3'600'000), ms(0)), std::nullopt);
  EXPECT_EQ(look_after(watch, kSecond, ms(-1000)), std::nullopt);
}

TEST_F(TimeWatchTest, StartsToCompareWithTheFirstLookThatWorked) {
  source_.broken = true;
  TimeWatch watch(source_, {});
  source_.broken = false;
  EXPECT_EQ(look_after(watch, kSecond, ms(3'600'000)), std::nullopt);
  EXPECT_TRUE(look_after(watch, kSecond, ms(3'600'000)));
}

TEST(KernelTimeSource, ReadsTwoClocksOfThisMachineThatAgree) {
  KernelTimeSource source;
  const auto first = source.read();
  const auto second = source.read();
  ASSERT_TRUE(first && second);
  EXPECT_GT(first->since_boot, ms(0));
  EXPECT_GE(second->since_boot, first->since_boot);
  // Slewing apart, both clocks pass the same time.
  EXPECT_LT(std::chrono::abs((second->wall - second->since_boot) - (first->wall - first->since_boot)), ms(500));
  // A kernel that synchronises says at most 16 s; one that does not says nothing.
  if (first->uncertainty) EXPECT_LE(*first->uncertainty, ms(16'001));
}

}  // namespace
}  // namespace kaito::timekeeping
