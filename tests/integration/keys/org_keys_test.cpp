// What the end of a key takes along, and what it must leave.
#include "tests/integration/keys/key_test.hpp"

#include "appliance/vault/orgs.hpp"

namespace kaito::keys {
namespace {

constexpr Seconds kLease{3600};

class OrgKeysTest : public KeyTest {
 protected:
  OrgKeysTest() : org_(add_org("Leased").id), seed_(add_seeds(org_, "Leased", 1).front()) {}

  void open_under_lease() {
    const auto row = seed(org_, seed_);
    must(sync_wait(opener_->open(row, kLease)));
  }

  const OrgId org_;
  const SeedId seed_;
};

TEST_F(OrgKeysTest, TheSecondOpeningWithinALeaseSparesTheHsm) {
  open_under_lease();
  const auto asked = token_status().unwraps;
  open_under_lease();
  EXPECT_EQ(token_status().unwraps, asked);
  EXPECT_EQ(leases_.statistics().hits, 1U);
  EXPECT_EQ(open(org_, seed_), "Leased 0");  // strict: asks
  EXPECT_EQ(token_status().unwraps, asked + 1);
}

TEST_F(OrgKeysTest, ARotationThatDestroysTheOldKeyEndsItsLeases) {
  open_under_lease();
  ASSERT_EQ(leases_.statistics().kept, 1U);
  const auto rotation = start(store::KeyKind::org, org_, true);
  EXPECT_EQ(run_to_end(rotation.id).state, store::RotationState::done);
  EXPECT_EQ(leases_.statistics().kept, 0U);
  EXPECT_EQ(open(org_, seed_), "Leased 0");
}

TEST_F(OrgKeysTest, TheEndOfAnOrgEndsItsLeases) {
  open_under_lease();
  ASSERT_EQ(leases_.statistics().kept, 1U);
  remove_org(org_);
  EXPECT_EQ(leases_.statistics().kept, 0U);
}

// A database that is older than the keyring knows less orgs than there are keys: those must outlive the start.
TEST_F(OrgKeysTest, AStartRemovesTheKeysOfDeletedOrgsAndOfNoOthers) {
  const OrgId deleted = add_org("Deleted").id;
  const OrgId unknown = OrgId::make(clock_, random_);
  must(sync_wait(org_keys_->create(unknown, 1)));
  must(write([&](store::Writer& writer) { return writer.remove_org({.org = deleted, .deleted_at = clock_.now()}); }));

  vault::Orgs orgs(*store_, *journal_, *org_keys_, *sealer_, clock_, random_, logger_);
  EXPECT_EQ(must(orgs.drop_orphans(*keyring_)), 1U);
  EXPECT_TRUE(must(keyring_->find(org_, 1)));
  EXPECT_TRUE(must(keyring_->find(unknown, 1)));
  EXPECT_FALSE(must(keyring_->find(deleted, 1)));
}

}  // namespace
}  // namespace kaito::keys
