#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::RotationPhase;
using store::RotationState;

class PlatformRotation : public KeyTest {
 protected:
  void SetUp() override {
    for (int n = 0; n < 5; ++n) {
      const auto made = add_org(fmt::format("org {}", n));
      orgs_.push_back(made.id);
      seeds_.push_back(add_seeds(made.id, made.name, 3));
    }
  }
  void expect_all_open() {
    for (std::size_t n = 0; n < orgs_.size(); ++n) expect_open(orgs_[n], fmt::format("org {}", n), seeds_[n]);
  }
  void expect_all_under(KeyVersion platform) {
    for (const auto& id : orgs_)
      for (const auto& entry : must(keyring_->entries_of(id))) EXPECT_EQ(entry.platform_version, platform);
  }

  std::vector<OrgId> orgs_;
  std::vector<std::vector<SeedId>> seeds_;
};

TEST_F(PlatformRotation, S3RewrapsOrgKeysAndNothingElse) {
  std::vector<store::Seed> before;
  for (std::size_t n = 0; n < orgs_.size(); ++n)
    for (const auto& id : seeds_[n]) before.push_back(seed(orgs_[n], id));
  const auto ended = run_to_end(start(KeyKind::platform).id);
  EXPECT_EQ(ended.state, RotationState::done);
  EXPECT_EQ(ended.done, 5U);
  EXPECT_EQ(ended.total, 5U);
  expect_all_under(2);
  expect_all_open();
  std::size_t at = 0;
  for (std::size_t n = 0; n < orgs_.size(); ++n)
    for (const auto& id : seeds_[n]) EXPECT_EQ(seed(orgs_[n], id), before[at++]);
}

TEST_F(PlatformRotation, CertifiesThatNothingIsUnderAnOldVersion) {
  const auto ended = run_to_end(start(KeyKind::platform).id);
  const auto issued = certificates(ended.id);
  ASSERT_EQ(issued.size(), 1U);
  const auto certificate = opened(issued.front());
  EXPECT_EQ(certificate.find("certificate"), "no-reference");
  EXPECT_EQ(certificate.find("key"), "platform-kek");
  EXPECT_EQ(certificate.find("version"), "2");
  EXPECT_EQ(certificate.find("org-keks"), "5");
  EXPECT_EQ(certificate.find("retained-backups"), "0");
  EXPECT_EQ(recorded("key.rotation.certified"), 1U);
}

TEST_F(PlatformRotation, OldVersionStaysUntilItIsAskedToGo) {
  const auto ended = run_to_end(start(KeyKind::platform).id);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{1, 2}));
  EXPECT_EQ(ended.phase, RotationPhase::complete);

  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  must(sync_wait(service.destroy_old(permit("key.destroy"), ended.id)));
  EXPECT_EQ(run_to_end(ended.id).state, RotationState::done);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{2}));
  const auto issued = certificates(ended.id);
  ASSERT_EQ(issued.size(), 2U);
  EXPECT_EQ(opened(issued[1]).find("certificate"), "destroyed");
  EXPECT_EQ(opened(issued[1]).find("destroyed"), "platform KEK version 1");
  expect_all_open();
  EXPECT_EQ(sync_wait(service.destroy_old(permit("key.destroy"), ended.id)).error().code, Code::conflict);
}

TEST_F(PlatformRotation, IsTakenUpAgainAfterAStopAtAnyStep) {
  const auto rotation = start(KeyKind::platform, {}, true);
  int restarts = 0;
  for (; row(rotation.id).state == RotationState::running && restarts < 20; ++restarts) {
    run_some(rotation.id, 1);
    restart();
    expect_all_open();
  }
  EXPECT_GT(restarts, 3);
  EXPECT_EQ(row(rotation.id).state, RotationState::done);
  EXPECT_EQ(certificates(rotation.id).size(), 2U);
  EXPECT_EQ(recorded("key.rotation.certified"), 1U);
  EXPECT_EQ(recorded("key.destroyed"), 1U);
  EXPECT_EQ(platform_versions(), (std::vector<KeyVersion>{2}));
  expect_all_under(2);
}

TEST_F(PlatformRotation, AnOrgMadeMeanwhileComesUnderTheNewVersion) {
  const auto rotation = start(KeyKind::platform, {}, true);
  run_some(rotation.id, 1);
  const auto made = add_org("meanwhile");
  EXPECT_EQ(must(keyring_->entries_of(made.id)).front().platform_version, 2U);
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  expect_open(made.id, "meanwhile", add_seeds(made.id, "meanwhile", 1));
}

TEST_F(PlatformRotation, NoEntryComesUnderACertifiedVersionAgain) {
  run_to_end(start(KeyKind::platform).id);
  const auto entry = must(keyring_->entries_of(orgs_[0])).front();
  auto late = entry;
  late.org = OrgId::make(clock_, random_);
  late.platform_version = 1;
  const auto refused = keyring_->insert(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(refused.error().field, "platform_version");
  // Who had the old version in hand gets its key under the new one all the same.
  org_keys_->use_platform_version(1);
  ASSERT_FALSE(sync_wait(org_keys_->create(late.org, 1)));
  EXPECT_FALSE(must(keyring_->find(late.org, 1)));
}

TEST_F(PlatformRotation, FailsOnADamagedOrgKeyAndGoesOnOnceItIsMended) {
  const auto entry = must(keyring_->find(orgs_[2], 1)).value();
  auto damaged = entry;
  damaged.blob.back() ^= 1;
  must(keyring_->rewrap(std::vector{store::RewrappedEntry{entry, 1, damaged.blob}}));
  const auto ended = run_to_end(start(KeyKind::platform).id);
  EXPECT_EQ(ended.state, RotationState::failed);
  EXPECT_EQ(ended.refused, 1U);
  EXPECT_EQ(ended.done, 4U);
  EXPECT_TRUE(certificates(ended.id).empty());
  EXPECT_EQ(log_.count(orgs_[2].str()), 2U);  // once in each pass: the second finds nothing better

  must(keyring_->rewrap(std::vector{store::RewrappedEntry{must(keyring_->find(orgs_[2], 1)).value(), 1, entry.blob}}));
  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  must(sync_wait(service.resume(permit("key.rotation.update"), ended.id)));
  EXPECT_EQ(run_to_end(ended.id).state, RotationState::done);
  expect_all_open();
}

TEST_F(PlatformRotation, OnlyOneRotationOfAKeyIsOpen) {
  const auto rotation = start(KeyKind::platform);
  RotationEngine engine(parts(), random_, {});
  Rotations service(parts(), engine, random_, false);
  EXPECT_EQ(sync_wait(service.start(permit("key.rotation.start"), KeyKind::platform, {})).error().code, Code::conflict);
  must(sync_wait(service.pause(permit("key.rotation.update"), rotation.id)));
  EXPECT_EQ(sync_wait(service.start(permit("key.rotation.start"), KeyKind::platform, {})).error().code, Code::conflict);
  run_some(rotation.id, 5);
  EXPECT_EQ(row(rotation.id).phase, RotationPhase::prepare) << "a paused rotation does nothing";
  EXPECT_EQ(sync_wait(service.pause(permit("key.rotation.update"), rotation.id)).error().code, Code::conflict);
  must(sync_wait(service.resume(permit("key.rotation.update"), rotation.id)));
  EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
}

}  // namespace
}  // namespace kaito::keys
