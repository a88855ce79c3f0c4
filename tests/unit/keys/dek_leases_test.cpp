#include "appliance/keys/dek_leases.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.hpp"

namespace kaito::keys {
namespace {

constexpr Seconds kLease{30};

class DekLeasesTest : public testing::Test {
 protected:
  static OrgId org(std::uint8_t number) {
    UuidBytes bytes{};
    bytes[15] = number;
    return OrgId(bytes);
  }
  static Bytes blob(std::uint8_t number) { return Bytes(61, number); }
  static Dek dek(std::uint8_t number) { return Dek::copy_of(Bytes(32, number)); }
  void keep(std::uint8_t number, const OrgId& owner = org(1), Seconds lease = kLease) {
    leases_.keep(owner, blob(number), aad_, dek(number), lease, leases_.purges(owner));
  }
  bool holds(std::uint8_t number, const OrgId& owner = org(1), Seconds lease = kLease) {
    const auto found = leases_.find(owner, blob(number), aad_, lease);
    if (found) EXPECT_EQ(*found, dek(number));
    return found.has_value();
  }

  test::ManualClock clock_;
  DekLeases leases_{clock_, 1000};
  Bytes aad_ = Bytes(60, 7);
};

TEST_F(DekLeasesTest, GivesBackWhatItKeepsUntilTheLeaseEnds) {
  keep(1);
  EXPECT_TRUE(holds(1));
  clock_.advance(kLease - Seconds(1));
  EXPECT_TRUE(holds(1));
  clock_.advance(Seconds(1));
  EXPECT_FALSE(holds(1));
}

TEST_F(DekLeasesTest, UseDoesNotExtendALease) {
  keep(1);
  for (int i = 0; i < 29; ++i) {
    clock_.advance(Seconds(1));
    EXPECT_TRUE(holds(1));
  }
  clock_.advance(Seconds(1));
  EXPECT_FALSE(holds(1));
}

TEST_F(DekLeasesTest, ZeroKeepsAndGivesNothing) {
  keep(1, org(1), Seconds(0));
  EXPECT_EQ(leases_.statistics().kept, 0U);
  keep(1);
  EXPECT_FALSE(holds(1, org(1), Seconds(0)));
}

TEST_F(DekLeasesTest, AShortenedLeaseCountsAtOnceAndALongerOneForNewDeksOnly) {
  keep(1);
  clock_.advance(Seconds(10));
  EXPECT_FALSE(holds(1, org(1), Seconds(10)));
  EXPECT_TRUE(holds(1, org(1), Seconds(11)));
  clock_.advance(Seconds(20));
  EXPECT_FALSE(holds(1, org(1), Seconds(300)));
}

TEST_F(DekLeasesTest, F21GivesADekForItsOwnBlobAadAndOrgOnly) {
  keep(1);
  EXPECT_FALSE(holds(2));
  EXPECT_FALSE(holds(1, org(2)));
  Bytes other = aad_;
  other.back() ^= 1;
  EXPECT_FALSE(leases_.find(org(1), blob(1), other, kLease));
  // What moves a byte from the one to the other is another pair.
  Bytes longer = aad_;
  longer.push_back(1);
  EXPECT_FALSE(leases_.find(org(1), Bytes(60, 1), longer, kLease));
}

TEST_F(DekLeasesTest, APurgeTakesTheOrgsAndLeavesTheOthers) {
  keep(1, org(1));
  keep(2, org(1));
  keep(3, org(17));  // in the same shard, or not
  leases_.purge(org(1));
  EXPECT_FALSE(holds(1, org(1)));
  EXPECT_FALSE(holds(2, org(1)));
  EXPECT_TRUE(holds(3, org(17)));
  leases_.purge_all();
  EXPECT_FALSE(holds(3, org(17)));
  EXPECT_EQ(leases_.statistics().kept, 0U);
}

TEST_F(DekLeasesTest, AnAnswerThatWasOnItsWayDoesNotBringBackWhatWasPurged) {
  const auto before = leases_.purges(org(1));
  leases_.purge(org(1));
  leases_.keep(org(1), blob(1), aad_, dek(1), kLease, before);
  EXPECT_FALSE(holds(1));
  const auto before_all = leases_.purges(org(1));
  leases_.purge_all();
  leases_.keep(org(1), blob(1), aad_, dek(1), kLease, before_all);
  EXPECT_FALSE(holds(1));
}

TEST_F(DekLeasesTest, SweepWipesWhatHasRunOutAndNothingElse) {
  keep(1);
  clock_.advance(Seconds(20));
  keep(2);
  clock_.advance(Seconds(10));
  leases_.sweep();
  EXPECT_EQ(leases_.statistics().kept, 1U);
  EXPECT_TRUE(holds(2));
}

TEST_F(DekLeasesTest, KeepsNoMoreThanItMay) {
  for (int i = 0; i < 3000; ++i) {
    Bytes name(61);
    name[0] = static_cast<std::uint8_t>(i);
    name[1] = static_cast<std::uint8_t>(i >> 8);
    leases_.keep(org(static_cast<std::uint8_t>(i % 50)), name, aad_, dek(1), kLease, 0);
  }
  EXPECT_LE(leases_.statistics().kept, 1100U);
}

TEST_F(DekLeasesTest, CountsHitsAndMissesOfWhatIsUnderALease) {
  keep(1);
  holds(1);
  holds(1);
  holds(2);
  holds(2, org(1), Seconds(0));
  EXPECT_EQ(leases_.statistics().hits, 2U);
  EXPECT_EQ(leases_.statistics().misses, 1U);
}

}  // namespace
}  // namespace kaito::keys
