#include "appliance/audit/known_keys.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

using store::KeyKind;
using store::RotationState;

using HsmKeyRotation = KeyTest;

TEST_F(HsmKeyRotation, TheLogIsSignedByTheNewAuditKeyAndTheOldOneIsRemembered) {
  add_org("Acme");
  must(sync_wait(journal_->record(permit("test.before").event())));
  must(sync_wait(journal_->checkpoint(*signer_->present())));
  const auto ended = run_to_end(start(KeyKind::audit, {}, true).id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  EXPECT_EQ(must(snapshot()->latest_checkpoint())->key_version, 2U);
  const auto known = must(audit::known_keys(*snapshot()));
  ASSERT_EQ(known.size(), 2U);
  const auto status = token_status();
  ASSERT_EQ(status.audit_keys.size(), 1U);
  EXPECT_EQ(status.audit_keys[0].version, 2U);
  EXPECT_EQ(status.audit_keys[0].public_key, known[1].public_key());

  // Who trusts only the old key is led to the new one.
  const auto handover = must(audit::open_key_certificate(certificates(ended.id)[0].note, std::vector{known[0]}));
  EXPECT_EQ(handover.find("key"), "audit-key");
  EXPECT_TRUE(std::ranges::any_of(handover.fields, [&](const auto& field) {
    return field.first == "verifier-key" && field.second == known[1].str();
  }));
  EXPECT_EQ(opened(certificates(ended.id)[0]).signers.size(), 2U);
  EXPECT_EQ(opened(certificates(ended.id)[1]).signers.size(), 1U);
  restart();
  must(sync_wait(journal_->record(permit("test.after").event())));
  EXPECT_TRUE(must(sync_wait(journal_->checkpoint(*signer_->present()))));
}

TEST_F(HsmKeyRotation, TheAuditKeysRotationIsTakenUpAgainAfterAStopAtAnyStep) {
  const auto rotation = start(KeyKind::audit, {}, true);
  for (int restarts = 0; row(rotation.id).state == RotationState::running && restarts < 20; ++restarts) {
    run_some(rotation.id, 1);
    restart();
  }
  EXPECT_EQ(row(rotation.id).state, RotationState::done);
  EXPECT_EQ(certificates(rotation.id).size(), 2U);
}

TEST_F(HsmKeyRotation, TheBackupKeyIsRotatedAndTheOldOneDestroyed) {
  const auto ended = run_to_end(start(KeyKind::backup, {}, true).id);
  EXPECT_EQ(ended.state, RotationState::done) << ended.error;
  const auto status = token_status();
  ASSERT_EQ(status.backup_keys.size(), 1U);
  EXPECT_EQ(status.backup_keys[0].version, 2U);
  EXPECT_EQ(opened(certificates(ended.id)[1]).find("destroyed"), "backup-key version 1");
}

TEST_F(HsmKeyRotation, KeysOfAgeAreRotatedByThemselves) {
  const auto org = add_org("Acme").id;
  policy_.max_age = std::chrono::days(30);
  RotationSchedule schedule(parts(), random_, policy_);
  EXPECT_FALSE(must(sync_wait(schedule.start_due())));
  clock_.advance(std::chrono::days(31));
  EXPECT_TRUE(must(sync_wait(schedule.start_due())));
  for (const auto& rotation : must(snapshot()->open_rotations()))
    EXPECT_EQ(run_to_end(rotation.id).state, RotationState::done);
  EXPECT_FALSE(must(sync_wait(schedule.start_due()))) << "the new versions are young";
  for (const auto& key : must(snapshot()->hsm_keys())) {
    EXPECT_LE(key.version, 2U);
    EXPECT_FALSE(key.destroyed_at);
  }
  EXPECT_EQ(this->org(org).kek_version, 2U);
  policy_.max_age = std::chrono::days(0);
  clock_.advance(std::chrono::days(10'000));
  RotationSchedule never(parts(), random_, policy_);
  EXPECT_FALSE(must(sync_wait(never.start_due())));
}

TEST_F(HsmKeyRotation, TheEngineGoesOnByItselfWithWhatItFinds) {
  const auto org = add_org("Acme").id;
  add_seeds(org, "Acme", 5);
  const auto rotation = start(KeyKind::org, org, true);
  run_some(rotation.id, 1);
  restart();
  RotationEngine engine({*hsm_, *store_, *keyring_, *org_keys_, *escrow_, *signer_, *journal_, system_clock_, logger_},
                        random_, {.items_per_second = 1000});
  engine.start();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (row(rotation.id).state == RotationState::running && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  engine.stop();
  EXPECT_EQ(row(rotation.id).state, RotationState::done);
}

}  // namespace
}  // namespace kaito::keys
