#include "appliance/auth/ceremony_store.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/fakes/manual_clock.hpp"

namespace kaito::auth {
namespace {

class CeremonyStoreTest : public testing::Test {
 protected:
  test::ManualClock clock_;
  SystemRandom random_;
  CeremonyStore store_{clock_, random_, 4};
};

TEST_F(CeremonyStoreTest, F39GivesAChallengeBackOnce) {
  const auto opened = store_.open({.kind = CeremonyKind::assertion});
  EXPECT_EQ(opened.challenge.size(), 32U);
  const auto first = store_.take(opened.id, CeremonyKind::assertion);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->challenge, opened.challenge);
  EXPECT_EQ(store_.take(opened.id, CeremonyKind::assertion).error().code, Code::unauthenticated);
}

TEST_F(CeremonyStoreTest, F39GivesNoneToTheOtherKindAndUsesItUp) {
  const auto opened = store_.open({.kind = CeremonyKind::registration});
  EXPECT_FALSE(store_.take(opened.id, CeremonyKind::assertion));
  EXPECT_FALSE(store_.take(opened.id, CeremonyKind::registration));
}

TEST_F(CeremonyStoreTest, F38EndsAfterFiveMinutesWhateverTheWallClockSays) {
  const auto early = store_.open({});
  const auto late = store_.open({});
  clock_.step(-std::chrono::hours(10));
  clock_.advance(kCeremonyLife - Seconds(1));
  EXPECT_TRUE(store_.take(early.id, CeremonyKind::assertion));
  clock_.advance(Seconds(1));
  EXPECT_FALSE(store_.take(late.id, CeremonyKind::assertion));
  EXPECT_EQ(store_.size(), 0U);
}

TEST_F(CeremonyStoreTest, DropsTheOldestAtItsLimit) {
  const auto oldest = store_.open({});
  std::vector<CeremonyStore::Opened> others;
  for (int i = 0; i < 4; ++i) others.push_back(store_.open({}));
  EXPECT_EQ(store_.size(), 4U);
  EXPECT_FALSE(store_.take(oldest.id, CeremonyKind::assertion));
  for (const auto& other : others) EXPECT_TRUE(store_.take(other.id, CeremonyKind::assertion));
}

TEST_F(CeremonyStoreTest, F39OfManyAtOnceOneGetsTheChallenge) {
  const auto opened = store_.open({});
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { taken += store_.take(opened.id, CeremonyKind::assertion) ? 1 : 0; });
  }
  EXPECT_EQ(taken, 1);
}

TEST_F(CeremonyStoreTest, RefusesIdsThatItNeverGave) {
  for (const std::string_view id : {"", "x", "AAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_FALSE(store_.take(id, CeremonyKind::assertion));
}

}  // namespace
}  // namespace kaito::auth
