// An appliance's keys without its daemon: token, worker, database, keyring, journal and the rotations over them. Steps
// are driven by the test, so nothing happens by itself.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "appliance/keys/rotation_run.hpp"
#include "appliance/keys/rotation_schedule.hpp"
#include "appliance/keys/rotations.hpp"
#include "appliance/vault/seed_opener.hpp"
#include "appliance/vault/seed_sealer.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/permit_for_test.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::keys {

class KeyTest : public testing::Test {
 protected:
  KeyTest();
  ~KeyTest() override;

  // Everything but the files and the token is made anew, as when the process starts again.
  void restart();

  store::Org add_org(const std::string& name);
  // Seeds with the secrets "NAME 0", "NAME 1", …; gives their ids.
  std::vector<SeedId> add_seeds(const OrgId& org, const std::string& name, std::size_t count);
  void remove_org(const OrgId& org);  // as vault::Orgs does it

  store::Org org(const OrgId& id);
  store::Seed seed(const OrgId& org, const SeedId& id);
  // The secret's text, or the error's.
  std::string open(const OrgId& org, const SeedId& id);
  // Every seed of the org opens to what add_seeds() sealed.
  void expect_open(const OrgId& org, const std::string& name, const std::vector<SeedId>& seeds);

  store::Rotation start(store::KeyKind kind, std::optional<OrgId> org = {}, bool destroy_old = false);
  store::Rotation row(const RotationId& id);
  // Steps until the rotation no longer runs; gives how it ended.
  store::Rotation run_to_end(const RotationId& id);
  // The number of steps that were taken, at most `steps`.
  void run_some(const RotationId& id, int steps);
  std::vector<store::KeyCertificate> certificates(const RotationId& id);
  // Opened with the keys that the log knows; fails the test when it does not verify.
  audit::OpenedKeyCertificate opened(const store::KeyCertificate& certificate);

  Status write(store::Job job);
  std::unique_ptr<store::Reader> snapshot();
  hsm::TokenStatus token_status();
  std::vector<KeyVersion> platform_versions();
  // Audit records of an action.
  std::size_t recorded(std::string_view action);
  [[nodiscard]] std::filesystem::path path(std::string_view name) const { return token_.directory() / name; }
  [[nodiscard]] RotationParts parts();

  static auth::Permit permit(std::string_view action, std::optional<OrgId> org = {}) {
    return auth::PermitForTest::make(auth::Principal(), org, action);
  }

  hsm::test::SoftHsmToken token_;
  hsm::test::CapturedLog log_;
  SystemClock system_clock_;
  test::ManualClock clock_;
  SystemRandom random_;
  Logger logger_{log_, system_clock_};
  SchedulePolicy policy_;
  DekLeases leases_{clock_, 1000};
  HsmConnections connections_{system_clock_, logger_};

  hsm::ClientConfig hsm_config_ = token_.config();  // a change counts from restart() on
  std::unique_ptr<hsm::Client> hsm_;
  std::unique_ptr<store::Keyring> keyring_;
  std::unique_ptr<audit::Journal> journal_;  // ends after the store
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<OrgKeys> org_keys_;
  std::unique_ptr<Escrow> escrow_;
  std::unique_ptr<AuditSigner> signer_;
  std::unique_ptr<vault::SeedSealer> sealer_;
  std::unique_ptr<vault::SeedOpener> opener_;

 private:
  void open_all();
  void close_all();
};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe());
  return *std::move(result);
}
inline void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().describe());
}

}  // namespace kaito::keys
