// What a deleted org leaves behind goes in slices, over as many starts as it takes.
#include "appliance/vault/org_purge.hpp"

#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

class OrgPurgeTest : public KeyTest {
 protected:
  OrgPurgeTest() {
    add_seeds(deleted_, "Deleted", 2 * vault::kPurgeSlice);
    remove_org(deleted_);
  }

  std::size_t seeds_left(const OrgId& id) { return must(snapshot()->seeds({.org = id}, {.limit = 1000})).rows.size(); }
  std::uint64_t batches() const { return store_->statistics().batches; }
  void step() { must(sync_wait(vault::OrgPurge(*store_, logger_).step())); }

  const OrgId kept_ = add_org("Kept").id;
  const std::vector<SeedId> kept_seeds_ = add_seeds(kept_, "Kept", 3);
  const OrgId deleted_ = add_org("Deleted").id;
};

TEST_F(OrgPurgeTest, F54OneStepTakesWhatIsLeftInTransactionsOfTheirOwn) {
  EXPECT_EQ(seeds_left(deleted_), 2 * vault::kPurgeSlice);
  const auto before = batches();
  step();
  EXPECT_EQ(seeds_left(deleted_), 0U);
  EXPECT_EQ(batches() - before, 3U) << "two full slices, and the end";
  EXPECT_FALSE(must(snapshot()->org_to_purge()));
  expect_open(kept_, "Kept", kept_seeds_);
}

TEST_F(OrgPurgeTest, TheNextStartGoesOnWhereAStopCutItShort) {
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(const bool more, writer.purge_org(deleted_, vault::kPurgeSlice));
    EXPECT_TRUE(more);
    return {};
  }));
  restart();
  EXPECT_EQ(seeds_left(deleted_), vault::kPurgeSlice);
  step();
  EXPECT_EQ(seeds_left(deleted_), 0U);
  expect_open(kept_, "Kept", kept_seeds_);
}

TEST_F(OrgPurgeTest, NothingToPurgeCostsNoWrite) {
  step();
  const auto before = batches();
  step();
  EXPECT_EQ(batches(), before);
}

}  // namespace
}  // namespace kaito::keys
