// A deleted org is gone for good (F88): database, keyring and escrow copy from before the deletion, put together with
// the HSM as it is after it, open no seed of the org and every seed of the others.
//
// A copy of a software token made before is a copy of the HSM itself and not what is tested here; that the appliance's
// own guarded copy of the token is written anew is.
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

#include "appliance/audit/key_certificate.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kDoomedSecret = "JBSWY3DPEHPK3PXP";
constexpr std::string_view kKeptSecret = "GEZDGNBVGY3TQOJQ";
constexpr Seconds kPatience{60};

class Shred : public testing::Test {
 protected:
  Shred() : stage_({"--shred-delay-seconds", "2592000", "--escrow-dir", escrow_directory()}) {
    doomed_seed_ = must(add_seed(doomed_.owner, doomed_.id, fmt::format("otpauth://totp/a?secret={}", kDoomedSecret)));
    kept_seed_ = must(add_seed(kept_.owner, kept_.id, fmt::format("otpauth://totp/a?secret={}", kKeptSecret)));
  }
  ~Shred() override { fs::remove_all(escrow_); }

  std::string escrow_directory() {
    std::string name = (fs::temp_directory_path() / "kaito-escrow-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    escrow_ = name;
    return name;
  }

  void stop() {
    stage_.appliance.kill(SIGTERM);
    stage_.appliance.wait();
  }

  // The escrow copy that holds what the keyring holds now.
  fs::path wait_for_escrow() {
    const auto copy = escrow_ / "kaito-keyring.copy";
    const auto give_up = SteadyClock::now() + kPatience;
    while (!fs::exists(copy) || fs::last_write_time(copy) < fs::last_write_time(keyring()))
      if (SteadyClock::now() > give_up) throw std::runtime_error("no escrow copy was written");
    return copy;
  }

  json::value shred_now() {
    must(login_staff(stage_.officer, stage_.officer_key));
    const auto started = must(stage_.officer.call("POST", "/v1/shreds", json::object{}));
    const std::string path = "/v1/key-rotations/" + text_at(started, "/id");
    const auto give_up = SteadyClock::now() + kPatience;
    for (;;) {
      auto row = must(stage_.officer.call("GET", path));
      if (text_at(row, "/state") != "running") return row;
      if (SteadyClock::now() > give_up) throw std::runtime_error("not over: " + json::serialize(row));
      std::this_thread::yield();
    }
  }

  void delete_doomed() {
    must(login_staff(stage_.officer, stage_.officer_key));
    must(stage_.officer.call("DELETE", doomed_.path(), json::object{{"confirm_name", "Doomed"}}));
  }

  [[nodiscard]] fs::path keyring() const { return stage_.appliance.data() / "keyring" / "keyring.db"; }

  void expect_code(OrgOnStage& org, const std::string& seed, std::string_view secret) {
    const auto response = must(org.owner.send("GET", org.path("/seeds/" + seed + "/code")));
    ASSERT_EQ(response.status, 200) << response.body;
    const auto timed = TimedCode::of(json::parse(response.body));
    EXPECT_EQ(timed.code, reference_code({.secret = std::string(secret), .at = to_unix_s(timed.valid_from)}));
  }

  fs::path escrow_;
  Stage stage_;
  OrgOnStage doomed_{stage_, "Doomed"};
  OrgOnStage kept_{stage_, "Kept"};
  std::string doomed_seed_;
  std::string kept_seed_;
};

// Puts the database of before back, and a keyring of before, beside the HSM of after.
TEST_F(Shred, F88DatabaseKeyringAndEscrowOfBeforeOpenNothingOfADeletedOrg) {
  expect_code(doomed_, doomed_seed_, kDoomedSecret);
  const auto escrow = wait_for_escrow();
  stop();
  const auto before = stage_.appliance.directory() / "before";
  fs::create_directory(before);
  fs::copy(stage_.appliance.data() / "db", before / "db", fs::copy_options::recursive);
  fs::copy(stage_.appliance.data() / "keyring", before / "keyring", fs::copy_options::recursive);
  fs::copy_file(escrow, before / "escrow");
  stage_.appliance.start();

  delete_doomed();
  const auto row = shred_now();
  EXPECT_EQ(text_at(row, "/state"), "done") << json::serialize(row);
  expect_code(kept_, kept_seed_, kKeptSecret);
  EXPECT_EQ(must(doomed_.owner.send("GET", doomed_.path())).status, 401) << "its members are gone with it";
  wait_for_escrow();
  stop();
  const auto after_keyring = stage_.appliance.directory() / "keyring.after";
  fs::copy_file(keyring(), after_keyring);

  const auto put = [&](const fs::path& file) {
    for (const auto* folder : {"db", "keyring"}) {
      fs::remove_all(stage_.appliance.data() / folder);
      fs::copy(before / folder, stage_.appliance.data() / folder, fs::copy_options::recursive);
    }
    fs::remove(fs::path(keyring()) += "-journal");
    fs::copy_file(file, keyring(), fs::copy_options::overwrite_existing);
  };
  // With a keyring of before nothing opens, not even what the database's rows are sealed with, so it does not start.
  for (const auto& old : {before / "keyring" / "keyring.db", before / "escrow"}) {
    put(old);
    const auto refused = run_kaitod("run", stage_.appliance.data(), {"--port", "0", "--address", "127.0.0.1"});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_NE(refused.output.find("older than a shredding"), std::string::npos) << refused.output;
  }
  // The database of before with the keyring of after: the other org lives, the shredded one has no key at all.
  put(after_keyring);
  stage_.appliance.start();
  expect_code(kept_, kept_seed_, kKeptSecret);
  EXPECT_NE(must(doomed_.owner.send("GET", doomed_.path("/seeds/" + doomed_seed_ + "/code"))).status, 200);
}

TEST_F(Shred, TheCertificateNamesTheOrgAndTheTokensOwnCopyIsWrittenAnew) {
  const auto token_copy_before = fs::last_write_time(stage_.appliance.data() / "hsm" / "tokens.copy");
  delete_doomed();
  auto waiting = must(stage_.officer.call("GET", "/v1/shreds")).at("items").as_array();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(text_at(waiting[0], "/org"), doomed_.id);
  EXPECT_FALSE(waiting[0].as_object().contains("shredded_at"));

  const auto row = shred_now();
  const auto certificates =
      must(stage_.officer.call("GET", "/v1/key-rotations/" + text_at(row, "/id") + "/certificates"));
  std::vector<audit::VerifierKey> keys;
  for (const auto& key : must(stage_.officer.call("GET", "/v1/audit/keys")).at("verifier_keys").as_array())
    keys.push_back(must(audit::VerifierKey::parse(std::string_view(key.as_string()))));
  const auto destroyed = must(audit::open_key_certificate(text_at(certificates, "/items/1/note"), keys));
  EXPECT_EQ(destroyed.find("shredded-org"), doomed_.id);
  EXPECT_EQ(destroyed.find("escrow-copies-rewritten"), "2");

  const auto status = must(stage_.officer.call("GET", "/v1/status"));
  EXPECT_EQ(json::serialize(status.at_pointer("/hsm/platform_kek_versions")), "[2]");
  EXPECT_GT(fs::last_write_time(stage_.appliance.data() / "hsm" / "tokens.copy"), token_copy_before);
  EXPECT_TRUE(
      must(stage_.officer.call("GET", "/v1/shreds")).at_pointer("/items/0").as_object().contains("shredded_at"));
  EXPECT_EQ(must(stage_.officer.send("POST", "/v1/shreds", json::object{})).status, 409) << "nothing waits any more";
  expect_code(kept_, kept_seed_, kKeptSecret);
}

}  // namespace
}  // namespace kaito::test
