#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::RotationState;

class OrgRotation : public KeyTest {
 protected:
  OrgRotation() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 40)) {}

  const OrgId id_;
  const std::vector<SeedId> seeds_;
};

TEST_F(OrgRotation, S3KeepsEverySeedCiphertextByteForByte) {
  std::vector<store::Seed> before;
  for (const auto& id : seeds_) before.push_back(seed(id_, id));
  const auto ended = run_to_end(start(KeyKind::org, id_).id);
  EXPECT_EQ(ended.state, RotationState::done);
  EXPECT_EQ(ended.done, 40U);
  for (std::size_t n = 0; n < seeds_.size(); ++n) {
    auto after = seed(id_, seeds_[n]);
    EXPECT_EQ(after.kek_version, 2U);
    EXPECT_NE(after.wrapped_dek, before[n].wrapped_dek);
    after.kek_version = before[n].kek_version;
    after.wrapped_dek = before[n].wrapped_dek;
    EXPECT_EQ(after, before[n]) << "more of the row has changed than what wraps its DEK";
  }
  expect_open(id_, "Acme", seeds_);
}

TEST_F(OrgRotation, NewSeedsAndDuplicatesAreFoundThroughoutByTheSameIndexKey) {
  const auto print = seed(id_, seeds_[0]).fingerprint;
  const auto rotation = start(KeyKind::org, id_);
  run_some(rotation.id, 1);
  EXPECT_EQ(org(id_).kek_version, 2U);
  std::vector<vault::NewSeed> same;
  same.push_back({.issuer = "Acme", .account = "0", .secret = Seed::copy_of(std::string_view("Acme 0"))});
  EXPECT_EQ(must(sync_wait(sealer_->fingerprints(org(id_), same))).front(), print);
  const auto more = add_seeds(id_, "more", 2);
  EXPECT_EQ(seed(id_, more[0]).kek_version, 2U);
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  expect_open(id_, "more", more);
}

TEST_F(OrgRotation, AConcurrentUpdateIsNotLost) {
  const auto rotation = start(KeyKind::org, id_);
  run_some(rotation.id, 1);
  RotationRun run(parts(), row(rotation.id), 0);
  sync_wait(run.step());  // the slice is read and rewrapped; its commit is under way or done
  auto changed = seed(id_, seeds_[7]);
  const auto opened_row = must(sync_wait(opener_->open(changed)));
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(auto present, writer.seed(id_, seeds_[7]));
    present->account = "renamed";
    ++present->revision;
    present->row_mac = envelope::row_mac(opened_row.dek, *present);
    return writer.update(*present);
  }));
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  EXPECT_EQ(seed(id_, seeds_[7]).account, "renamed");
  expect_open(id_, "Acme", seeds_);
}

TEST_F(OrgRotation, ARowThatChangedSinceItWasReadIsLeftAlone) {
  const auto read = must(snapshot()->seed_deks(id_, 2, {}, 1)).front();
  auto after = read;
  after.kek_version = 2;
  after.wrapped_dek.back() ^= 1;
  auto other = seed(id_, read.seed);
  other.wrapped_dek.front() ^= 1;
  must(write([&](store::Writer& writer) { return writer.update(other); }));
  bool changed = true;
  must(write([&](store::Writer& writer) -> Status {
    KAITO_TRY(changed, writer.rewrap(id_, read, after));
    return {};
  }));
  EXPECT_FALSE(changed);
  EXPECT_EQ(seed(id_, read.seed), other);
}

TEST_F(OrgRotation, AStragglerUnderTheOldVersionIsTakenAlong) {
  const auto before = org(id_);
  const auto rotation = start(KeyKind::org, id_);
  run_some(rotation.id, 2);  // the pass is over
  std::vector<vault::NewSeed> late;
  late.push_back({.issuer = "late", .account = "0", .secret = Seed::copy_of(std::string_view("late 0"))});
  const auto rows = must(sync_wait(sealer_->seal(before, std::move(late))));
  EXPECT_EQ(rows.front().kek_version, 1U);
  must(write([&](store::Writer& writer) -> Status {
    KAITO_CHECK(vault::check_kek_version(writer, rows.front()));
    return writer.insert(rows.front());
  }));
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  EXPECT_EQ(seed(id_, rows.front().id).kek_version, 2U);
  EXPECT_EQ(open(id_, rows.front().id), "late 0");

  // Once it is certified, nothing comes under the old version any more.
  const auto refused = write([&](store::Writer& writer) { return vault::check_kek_version(writer, rows.front()); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::hsm_unavailable);
}

TEST_F(OrgRotation, IsTakenUpAgainAfterAStopAtAnyStep) {
  const auto rotation = start(KeyKind::org, id_, true);
  int restarts = 0;
  for (; row(rotation.id).state == RotationState::running && restarts < 20; ++restarts) {
    run_some(rotation.id, 1);
    restart();
    expect_open(id_, "Acme", seeds_);
  }
  EXPECT_GT(restarts, 3);
  EXPECT_EQ(row(rotation.id).state, RotationState::done);
  const auto issued = certificates(rotation.id);
  ASSERT_EQ(issued.size(), 2U);
  EXPECT_EQ(opened(issued[0]).find("deks"), "40");
  EXPECT_EQ(opened(issued[0]).find("org"), id_.str());
  EXPECT_EQ(must(keyring_->entries_of(id_)).size(), 1U);
  EXPECT_EQ(recorded("key.rotation.certified"), 1U);
}

TEST_F(OrgRotation, F21FailsOnATamperedDekAndGoesOnWithoutIt) {
  auto tampered = seed(id_, seeds_[3]);
  tampered.wrapped_dek.back() ^= 1;
  must(write([&](store::Writer& writer) { return writer.update(tampered); }));
  const auto ended = run_to_end(start(KeyKind::org, id_).id);
  EXPECT_EQ(ended.state, RotationState::failed);
  EXPECT_EQ(ended.refused, 1U);
  EXPECT_EQ(ended.done, 39U);
  EXPECT_TRUE(certificates(ended.id).empty());
  EXPECT_EQ(recorded("key.rotation.failed"), 1U);

  must(write([&](store::Writer& writer) { return writer.remove_seed(id_, seeds_[3]); }));
  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  must(sync_wait(service.resume(permit("org.key.rotation.update", id_), ended.id)));
  EXPECT_EQ(run_to_end(ended.id).state, RotationState::done);
}

TEST_F(OrgRotation, EndsWithItsOrg) {
  const auto rotation = start(KeyKind::org, id_);
  run_some(rotation.id, 1);
  remove_org(id_);
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::cancelled);
}

TEST_F(OrgRotation, F51AnotherOrgsRotationIsNotFound) {
  const auto rotation = start(KeyKind::org, id_);
  const auto other = add_org("Other").id;
  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  EXPECT_EQ(sync_wait(service.get(permit("org.key.rotation.read", other), rotation.id)).error().code, Code::not_found);
  EXPECT_EQ(sync_wait(service.pause(permit("org.key.rotation.update", other), rotation.id)).error().code,
            Code::not_found);
  EXPECT_EQ(sync_wait(service.certificates(permit("org.key.certificate.list", other), rotation.id)).error().code,
            Code::not_found);
}

TEST_F(OrgRotation, F5WaitsForTheHsmAndGoesOn) {
  const auto rotation = start(KeyKind::org, id_);
  run_some(rotation.id, 1);
  hsm_->stop();
  run_some(rotation.id, 2);
  EXPECT_EQ(row(rotation.id).state, RotationState::running);
  EXPECT_NE(row(rotation.id).error.find("hsm-unavailable"), std::string::npos);
  restart();
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  EXPECT_TRUE(row(rotation.id).error.empty());
  expect_open(id_, "Acme", seeds_);
}

TEST_F(OrgRotation, F14CountsEncryptionsAcrossRestartsAndRotatesBeforeTheLimit) {
  const auto counted = must(keyring_->find(id_, 1))->invocations;
  EXPECT_GE(counted, 41U);  // forty DEKs and the index key
  restart();
  add_seeds(id_, "after", 1);
  EXPECT_GE(must(keyring_->find(id_, 1))->invocations, counted + 1);

  policy_.max_invocations = must(keyring_->find(id_, 1))->invocations;
  RotationSchedule schedule(parts(), random_, policy_);
  EXPECT_TRUE(must(sync_wait(schedule.start_due())));
  const auto open = must(snapshot()->open_rotation(KeyKind::org, id_));
  ASSERT_TRUE(open);
  EXPECT_EQ(recorded("key.rotation.scheduled"), 1U);
  EXPECT_EQ(run_to_end(open->id).state, RotationState::done);
  EXPECT_LT(must(keyring_->find(id_, 2))->invocations, 2 * kInvocationBlock);
}

TEST_F(OrgRotation, F14NothingIsWrappedBeyondTheLimit) {
  must(keyring_->reserve(id_, 1, kMaxInvocations));
  restart();
  std::vector<vault::NewSeed> one;
  one.push_back({.issuer = "x", .account = "0", .secret = Seed::copy_of(std::string_view("x"))});
  const auto refused = sync_wait(sealer_->seal(org(id_), std::move(one)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::hsm_key_rejected);
  EXPECT_EQ(run_to_end(start(KeyKind::org, id_).id).state, RotationState::done);
  expect_open(id_, "x", add_seeds(id_, "x", 1));
}

}  // namespace
}  // namespace kaito::keys
