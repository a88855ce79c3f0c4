#include <signal.h>

#include "tests/integration/cli/cli_stage.hpp"

namespace kaito::test {
namespace {

class StaffCommands : public CliStage {
 protected:
  // A new staff member who holds an enrolment token and has enrolled nothing yet.
  static std::unique_ptr<Person> hired(const std::string& name, const std::string& role) {
    const auto made = officer->json({"staff", "add", name, "--role", role});
    auto person = std::make_unique<Person>(*appliance, name);
    person->stdin_text = std::string(made.at("token").as_string()) + "\n";
    return person;
  }
};

TEST_F(StaffCommands, AKeyWithAPinEnrolsAndLogsInThroughLibfido2) {
  auto auditor = hired("alan", "auditor");
  SoftAuthenticator key;
  key.behaviour.pin = "4711";
  auditor->key = &key;

  auditor->types = {"4711"};
  const Ran enrolled = auditor->kaito({"staff", "enrol", "--token-file", "-", "--label", "blue key"});
  ASSERT_EQ(enrolled.exit_code, 0) << enrolled.err;
  EXPECT_NE(enrolled.err.find("Touch the security key."), std::string::npos);
  EXPECT_EQ(auditor->prompts.size(), 1U);

  auditor->types = {"4711"};
  const Ran logged_in = auditor->kaito({"staff", "login"});
  ASSERT_EQ(logged_in.exit_code, 0) << logged_in.err;
  EXPECT_EQ(logged_in.out, "logged in as alan (staff auditor)\n");
  EXPECT_EQ(auditor->json({"whoami"}).at("name"), "alan");
  EXPECT_NE(officer->kaito({"staff", "show", "alan"}).out.find("blue key"), std::string::npos);
}

TEST_F(StaffCommands, C5OnboardAnOrgFromAFileWithSettingsGroupsAndOwner) {
  const auto file = officer->file("org.json", R"({"version": 1, "owner_username": "Olive", "dek_lease_seconds": 5,
      "owner_display_name": "Olive Oil", "groups": ["payments", "infra"]})");
  const auto made = officer->json({"org", "onboard", file, "--name", "Onboarded"});
  EXPECT_EQ(made.at("org").at("name"), "Onboarded");
  EXPECT_EQ(made.at("org").at("dek_lease_seconds"), 5);
  EXPECT_EQ(made.at("owner").at("display_name"), "Olive Oil");
  ASSERT_EQ(made.at("groups").as_array().size(), 2U);
  EXPECT_EQ(made.at("groups").at(0).at("name"), "payments");

  Person olive(*appliance, "olive");
  olive.stdin_text = std::string(made.at("invitation").as_string()) + "\n";
  const std::string password(kOwnerPassword);
  olive.types = {password, password};
  const Ran accepted = olive.kaito({"accept-invitation", "olive", "--invitation-file", "-"});
  ASSERT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_EQ(olive.json({"group", "list"}).at("items").as_array().size(), 2U);
}

TEST_F(StaffCommands, C5OnboardAllOfAnOrgOrNothing) {
  const auto orgs = [] { return officer->json({"org", "list"}).at("items").as_array().size(); };
  const auto before = orgs();
  const auto onboard = [](std::string_view content, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"org", "onboard", officer->file("wrong.json", content)};
    words.insert(words.end(), more.begin(), more.end());
    return officer->kaito(words);
  };
  const Ran twice = onboard(R"({"version": 1, "name": "Half", "owner_username": "o", "groups": ["a", "a"]})");
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_NE(twice.err.find("groups"), std::string::npos) << twice.err;
  const Ran unknown = onboard(R"({"version": 1, "name": "Half", "owner_username": "o", "lease": 5})");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("lease"), std::string::npos) << unknown.err;
  EXPECT_EQ(onboard(R"({"version": 1, "name": "Half", "owner_username": "o", "dek_lease_seconds": 3601})").exit_code,
            2);
  EXPECT_EQ(onboard(R"({"version": 1, "name": "Half", "name": "Twice", "owner_username": "o"})").exit_code, 2);
  EXPECT_EQ(onboard(R"({"name": "Half", "owner_username": "o"})").exit_code, 2);
  EXPECT_EQ(onboard(R"({"version": 1, "name": "Acme", "owner_username": "o", "groups": ["a"]})").exit_code, 6);
  const Ran dry = onboard(R"({"version": 1, "name": "Half", "owner_username": "O", "groups": ["a"]})", {"--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find("Half"), std::string::npos);
  EXPECT_EQ(onboard(R"({"version": 1, "name": "Acme", "owner_username": "o"})", {"--dry-run"}).exit_code, 6);
  EXPECT_EQ(orgs(), before);
}

TEST_F(StaffCommands, AWrongPinIsTold) {
  auto auditor = hired("edsger", "auditor");
  SoftAuthenticator key;
  key.behaviour.pin = "4711";
  auditor->key = &key;
  auditor->types = {"1234"};
  const Ran refused = auditor->kaito({"staff", "enrol", "--token-file", "-"});
  EXPECT_EQ(refused.exit_code, 3) << refused.err;
}

TEST_F(StaffCommands, AKeyThatNobodyEnrolledDoesNotLogIn) {
  Person stranger(*appliance, "stranger");
  SoftAuthenticator key;
  stranger.key = &key;
  EXPECT_NE(stranger.kaito({"staff", "login"}).exit_code, 0);
  EXPECT_EQ(stranger.kaito({"whoami"}).exit_code, 3);
}

TEST_F(StaffCommands, ADisabledStaffMemberLogsInNoMore) {
  auto auditor = hired("tony", "auditor");
  SoftAuthenticator key;
  auditor->key = &key;
  ASSERT_EQ(auditor->kaito({"staff", "enrol", "--token-file", "-"}).exit_code, 0);
  ASSERT_EQ(officer->kaito({"staff", "disable", "tony"}).exit_code, 0);
  EXPECT_EQ(auditor->kaito({"staff", "login"}).exit_code, 3);
  ASSERT_EQ(officer->kaito({"staff", "enable", "tony"}).exit_code, 0);
  EXPECT_EQ(auditor->kaito({"staff", "login"}).exit_code, 0);
}

TEST_F(StaffCommands, StatusTellsStaffOfTheHsmAndOthersOnlyWhetherItIsReady) {
  EXPECT_NE(officer->kaito({"status"}).out.find("worker_starts"), std::string::npos);
  Person nobody(*appliance, "nobody");
  const Ran seen = nobody.kaito({"status"});
  EXPECT_EQ(seen.exit_code, 0) << seen.err;
  EXPECT_NE(seen.out.find("ready"), std::string::npos);
  EXPECT_EQ(seen.out.find("worker_starts"), std::string::npos);
}

TEST_F(StaffCommands, AnOrgIsFoundByItsNameAndDeletedOnlyWithIt) {
  ASSERT_EQ(officer->kaito({"org", "create", "Passing", "p"}).exit_code, 0);
  EXPECT_NE(officer->kaito({"org", "list"}).out.find("Passing"), std::string::npos);
  EXPECT_EQ(officer->kaito({"org", "rename", "Passing By", "--org", "Passing"}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"org", "delete", "Passing", "--org", "Passing By"}).exit_code, 2);
  EXPECT_EQ(officer->kaito({"org", "delete", "Passing By", "--org", "Passing By"}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"org", "show", "--org", "Passing By"}).exit_code, 5);
}

TEST_F(StaffCommands, TheWholeLogIsExportedAndVerifiesUnderThePinnedKey) {
  appliance->kill(SIGTERM);  // signs a last checkpoint
  EXPECT_EQ(appliance->wait(), 0);
  appliance->start();
  const std::string file = (officer->home() / "log.jsonl").string();
  ASSERT_EQ(officer->kaito({"audit", "export", "-o", file}).exit_code, 0);
  const auto keys = officer->json({"audit", "keys"});
  std::vector<std::string> verify{"audit", "verify", file, "--key",
                                  std::string(keys.at("verifier_keys").at(0).as_string())};
  const Ran verified = officer->program(verify);
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_NE(verified.out.find("\nOK\n"), std::string::npos) << verified.out;
  verify.back() = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";  // another log's
  EXPECT_EQ(officer->program(verify).exit_code, 13);
}

}  // namespace
}  // namespace kaito::test
