#include <filesystem>

#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::RotationState;

class Shred : public KeyTest {
 protected:
  Shred() : doomed_(add_org("Doomed").id), kept_(add_org("Kept").id) {
    doomed_seeds_ = add_seeds(doomed_, "Doomed", 3);
    kept_seeds_ = add_seeds(kept_, "Kept", 3);
    must(escrow_->write());
  }

  // Opens a seed row with a keyring file from earlier and the token as it is now.
  std::string open_with(const std::filesystem::path& keyring, const store::Seed& row) {
    const auto copy = path(fmt::format("{}.opened", ++opened_));
    std::filesystem::copy_file(keyring, copy);
    const auto old = must(store::sqlite::open_keyring(copy));
    OrgKeys org_keys(*hsm_, connections_, *old, leases_, 1, clock_);
    vault::SeedOpener opener(org_keys);
    const auto opened_row = sync_wait(opener.open(row));
    return opened_row ? std::string(as_text(opened_row->secret.expose_secret())) : opened_row.error().describe();
  }

  const OrgId doomed_;
  const OrgId kept_;
  std::vector<SeedId> doomed_seeds_;
  std::vector<SeedId> kept_seeds_;
  int opened_ = 0;
};

TEST_F(Shred, F88NoOlderCopyOpensAShreddedOrgAndAllOthersLiveOn) {
  const auto row_before = seed(doomed_, doomed_seeds_[0]);
  std::filesystem::copy_file(path("keyring.db"), path("keyring.before"));
  std::filesystem::copy_file(path("keyring.copy"), path("escrow.before"));
  ASSERT_EQ(open_with(path("keyring.before"), row_before), "Doomed 0");
  ASSERT_EQ(open_with(path("escrow.before"), row_before), "Doomed 0");

  remove_org(doomed_);
  const auto rotation = start(KeyKind::platform);
  EXPECT_TRUE(rotation.destroy_old) << "a deletion waits, so the old version has to go";
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);

  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{2}));
  EXPECT_NE(open_with(path("keyring.before"), row_before), "Doomed 0");
  EXPECT_NE(open_with(path("escrow.before"), row_before), "Doomed 0");
  expect_open(kept_, "Kept", kept_seeds_);
  for (const auto* copy : {"keyring.copy", "second.copy"}) {
    EXPECT_EQ(open_with(path(copy), seed(kept_, kept_seeds_[0])), "Kept 0") << copy << " was written anew";
    EXPECT_NE(open_with(path(copy), row_before), "Doomed 0");
  }
}

TEST_F(Shred, ACertificateNamesTheOrgs) {
  const auto also = add_org("Also").id;
  remove_org(doomed_);
  remove_org(also);
  const auto ended = run_to_end(start(KeyKind::platform).id);
  const auto issued = certificates(ended.id);
  ASSERT_EQ(issued.size(), 2U);
  const auto certificate = opened(issued[1]);
  std::vector<std::string> named;
  for (const auto& [name, value] : certificate.fields)
    if (name == "shredded-org") named.push_back(value);
  std::vector<std::string> expected{doomed_.str(), also.str()};
  std::ranges::sort(expected);
  EXPECT_EQ(named, expected) << "several deletions, one rotation";
  EXPECT_EQ(certificate.find("escrow-copies-rewritten"), "2");
  for (const auto& deleted : must(snapshot()->orgs_shredded_by(ended.id))) EXPECT_TRUE(deleted.shredded_at);
}

TEST_F(Shred, IsTakenUpAgainAfterAStopAtAnyStep) {
  const auto row_before = seed(doomed_, doomed_seeds_[0]);
  std::filesystem::copy_file(path("keyring.db"), path("keyring.before"));
  remove_org(doomed_);
  const auto rotation = start(KeyKind::platform);
  for (int restarts = 0; row(rotation.id).state == RotationState::running && restarts < 20; ++restarts) {
    run_some(rotation.id, 1);
    restart();
    expect_open(kept_, "Kept", kept_seeds_);
  }
  EXPECT_EQ(row(rotation.id).state, RotationState::done);
  EXPECT_EQ(certificates(rotation.id).size(), 2U);
  EXPECT_NE(open_with(path("keyring.before"), row_before), "Doomed 0");
}

// The blob of an org that is deleted while a rotation runs may be under the new version already; destroying the old one
// does not make copies worthless that hold it.
TEST_F(Shred, ADeletionDuringARotationWaitsForTheNext) {
  const auto first = start(KeyKind::platform);
  run_some(first.id, 2);  // its entries are under version 2
  std::filesystem::copy_file(path("keyring.db"), path("keyring.between"));
  const auto row_before = seed(doomed_, doomed_seeds_[0]);
  remove_org(doomed_);
  run_to_end(first.id);
  EXPECT_TRUE(must(snapshot()->oldest_unclaimed_deletion()));
  EXPECT_EQ(open_with(path("keyring.between"), row_before), "Doomed 0");
  const auto second = start(KeyKind::platform);
  EXPECT_EQ(second.to, 3U);
  EXPECT_EQ(run_to_end(second.id).state, RotationState::done);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{3})) << "every older version goes, not only the last";
  EXPECT_NE(open_with(path("keyring.between"), row_before), "Doomed 0");
  expect_open(kept_, "Kept", kept_seeds_);
}

TEST_F(Shred, ABlobLeftBehindByAStopGoesBeforeTheFirstRewrap) {
  // The row is gone, the blob is not yet: what a kill leaves between the two steps of a deletion.
  must(write([&](store::Writer& writer) { return writer.remove_org({.org = doomed_, .deleted_at = clock_.now()}); }));
  ASSERT_TRUE(must(keyring_->find(doomed_, 1)));
  const auto ended = run_to_end(start(KeyKind::platform).id);
  EXPECT_EQ(ended.done, 1U);
  EXPECT_FALSE(must(keyring_->find(doomed_, 1)));
}

TEST_F(Shred, DestroysNothingWhileAnEscrowCopyCannotBeWritten) {
  remove_org(doomed_);
  const auto rotation = start(KeyKind::platform);
  std::filesystem::remove(path("second.copy"));
  std::filesystem::create_directory(path("second.copy"));  // nothing can be renamed onto it
  run_some(rotation.id, 8);
  EXPECT_EQ(row(rotation.id).state, RotationState::running);
  EXPECT_NE(row(rotation.id).error.find("second.copy"), std::string::npos);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{1, 2}));
  std::filesystem::remove(path("second.copy"));
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{2}));
}

TEST_F(Shred, DeletionsAreGatheredForTheDelay) {
  policy_.shred_delay = Seconds(600);
  RotationSchedule schedule(parts(), random_, policy_);
  EXPECT_FALSE(must(sync_wait(schedule.start_due()))) << "nothing was deleted";
  remove_org(doomed_);
  EXPECT_FALSE(must(sync_wait(schedule.start_due())));
  clock_.advance(Seconds(601));
  EXPECT_TRUE(must(sync_wait(schedule.start_due())));
  EXPECT_FALSE(must(sync_wait(schedule.start_due()))) << "one rotation for all";
  EXPECT_TRUE(must(snapshot()->open_rotation(KeyKind::platform, std::nullopt)));
}

TEST_F(Shred, NowMeansNow) {
  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  EXPECT_EQ(sync_wait(service.shred_now(permit("key.shred"))).error().code, Code::conflict);
  remove_org(doomed_);
  const auto started = must(sync_wait(service.shred_now(permit("key.shred"))));
  EXPECT_EQ(run_to_end(started.result->rotation.id).state, RotationState::done);
  const auto listed = must(sync_wait(service.deleted_orgs(permit("key.shred.list"), {})));
  ASSERT_EQ(listed.result->rows.size(), 1U);
  EXPECT_EQ(listed.result->rows[0].org, doomed_);
  EXPECT_TRUE(listed.result->rows[0].shredded_at);
}

}  // namespace
}  // namespace kaito::keys
