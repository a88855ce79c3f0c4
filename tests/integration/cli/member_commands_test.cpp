#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "appliance/base/file.hpp"
#include "tests/integration/cli/cli_stage.hpp"

namespace kaito::test {
namespace {

class MemberCommands : public CliStage {
 protected:
  // Adds a seed from a URI on stdin; gives its id. An org holds a secret once: without one, a new one is made up.
  static std::string add_seed(const std::string& label, std::string_view kind = "totp", std::string secret = {}) {
    if (secret.empty()) secret = fmt::format("JBSWY3DPEHPK3PX{}", static_cast<char>('A' + made_up++));
    owner->stdin_text = fmt::format("otpauth://{}/{}?secret={}\n", kind, label, secret);
    return std::string(owner->json({"seed", "add", "--secret-file", "-"}).at("id").as_string());
  }
  static std::string oathtool() {
    return trimmed(run_program({"oathtool", "--totp", "-b", std::string(kSecret)}).output);
  }
  static std::string vector(const std::string& name) { return std::string(KAITO_IMPORT_VECTORS) + "/" + name; }

 private:
  static inline int made_up = 0;
};

TEST_F(MemberCommands, TheCodeIsTheOneThatOathtoolComputes) {
  const std::string id = add_seed("GitHub:alice", "totp", fmt::format("{}&issuer=GitHub", kSecret));
  const std::string before = oathtool();
  const std::string by_id = trimmed(owner->program({"code", "-q", id}).out);
  const std::string by_text = trimmed(owner->program({"code", "-q", "GitHub:alice"}).out);
  const std::string after = oathtool();
  EXPECT_TRUE(by_id == before || by_id == after) << by_id;
  EXPECT_TRUE(by_text == before || by_text == after) << by_text;
}

TEST_F(MemberCommands, ATypedSecretIsAskedForAndNotShown) {
  owner->types = {std::string(kSecret)};
  const Ran added = owner->kaito({"seed", "add", "--issuer", "Typed", "--account", "bob", "--digits", "8"});
  ASSERT_EQ(added.exit_code, 0) << added.err;
  EXPECT_EQ((added.out + added.err).find(kSecret), std::string::npos);
  EXPECT_NE(owner->kaito({"seed", "list", "--search", "Typed"}).out.find("bob"), std::string::npos);
}

TEST_F(MemberCommands, C5TheHandOverHoldsWhatTheOrgWasAndNoSecret) {
  const std::string id = add_seed("Handed:over");
  const auto group = owner->json({"group", "create", "handed"});
  const std::string group_id(group.at("id").as_string());
  ASSERT_EQ(owner->kaito({"group", "add", "handed", "--seed", id}).exit_code, 0);
  const auto directory = owner->home() / "hand-over";
  const Ran written = owner->kaito({"org", "hand-over", directory.string()});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  const auto content = [&](const std::string& name) { return read_file(directory / name, 1U << 26U).value_or(""); };
  EXPECT_NE(content("seeds.json").find("Handed"), std::string::npos);
  EXPECT_NE(content("groups.json").find(id), std::string::npos);
  EXPECT_NE(content("members.json").find("owner"), std::string::npos);
  EXPECT_EQ(content("seeds.json").find("JBSWY3DP"), std::string::npos);
  EXPECT_EQ(
      run_program({"sh", "-c", "cd '" + directory.string() + "' && sha256sum --check --quiet SHA256SUMS"}).exit_code,
      0);
  EXPECT_EQ(owner->kaito({"audit", "verify", (directory / "audit.jsonl").string()}).exit_code, 0);
  EXPECT_EQ(owner->kaito({"org", "hand-over", directory.string()}).exit_code, kConflict);
}

TEST_F(MemberCommands, AnHotpCodeMovesTheCounter) {
  const std::string id = add_seed("Safe:desk", "hotp", fmt::format("{}&counter=0", kSecret));
  EXPECT_EQ(trimmed(owner->kaito({"code", "-q", id}).out), "755224");  // RFC 4226 appendix D
  EXPECT_EQ(trimmed(owner->kaito({"code", "-q", id}).out), "287082");
}

TEST_F(MemberCommands, AnUnknownSeedAndATextThatMatchesSeveralAreTold) {
  EXPECT_EQ(owner->program({"code", "no such seed"}).exit_code, kNotFound);
  EXPECT_EQ(owner->program({"code", "0193b0a0-0000-7000-8000-000000000001"}).exit_code, kNotFound);
  add_seed("Twin:one");
  add_seed("Twin:two");
  const Ran ambiguous = owner->kaito({"code", "Twin"});
  EXPECT_EQ(ambiguous.exit_code, kConflict);
  EXPECT_NE(ambiguous.err.find("Twin:one"), std::string::npos);
  EXPECT_EQ(owner->kaito({"code", "-q", "Twin:two"}).exit_code, 0);
}

TEST_F(MemberCommands, ASeedIsRelabelledAndDeleted) {
  add_seed("Old:name");
  EXPECT_EQ(owner->kaito({"seed", "relabel", "Old:name", "--account", "renamed"}).exit_code, 0);
  EXPECT_EQ(owner->kaito({"seed", "delete", "renamed"}).exit_code, 0);
  EXPECT_EQ(owner->kaito({"seed", "show", "renamed"}).exit_code, kNotFound);
}

TEST_F(MemberCommands, AnImportIsReportedEntryByEntryAndRefusedOnesShowInTheExitCode) {
  const Ran good = owner->program({"import", vector("aegis_plain.json")});
  EXPECT_EQ(good.exit_code, 0) << good.out;
  EXPECT_NE(good.out.find("imported"), std::string::npos) << good.out;
  const std::string mixed = owner->file("mixed",
                                        "otpauth://totp/Mixed:ok?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n"
                                        "otpauth://totp/Mixed:bad?secret=1!\n");
  const Ran partly = owner->program({"import", mixed});
  EXPECT_EQ(partly.exit_code, kPartlyDone) << partly.out;
  EXPECT_NE(partly.out.find("refused"), std::string::npos);
}

TEST_F(MemberCommands, AnEncryptedFileAsksForItsPassword) {
  owner->types = {"test"};
  const Ran ran = owner->kaito({"import", vector("aegis_encrypted.json"), "--dry-run"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(owner->prompts, std::vector<std::string>{"Password of the file"});
  EXPECT_NE(ran.out.find("nothing was changed"), std::string::npos) << ran.out;
}

TEST_F(MemberCommands, AnExportVerifiesAndAnEditedOneDoesNot) {
  add_seed("Audited:seed");
  const std::string file = (owner->home() / "audit.jsonl").string();
  ASSERT_EQ(owner->program({"audit", "export", "-o", file}).exit_code, 0);
  EXPECT_EQ(owner->program({"audit", "verify", file}).exit_code, 0);

  auto text = read_file(file, 64U << 20);
  ASSERT_TRUE(text);
  const auto place = text->find("seed.create");
  ASSERT_NE(place, std::string::npos);
  text->replace(place, 11, "seed.delete");
  const Ran edited = owner->program({"audit", "verify", owner->file("edited.jsonl", *text)});
  EXPECT_EQ(edited.exit_code, kIntegrity);
  EXPECT_NE(edited.out.find("BAD: entry"), std::string::npos) << edited.out;
}

// What a terminal shows while `typed` is answered to the first prompt.
Ran at_a_terminal(const Person& person, std::vector<std::string> words, std::string_view prompt,
                  std::string_view typed) {
  words.insert(words.begin(), KAITO_PROGRAM);
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (child == 0) {
    for (const auto& [name, value] : person.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  Ran ran;
  char c = 0;
  while (::read(master, &c, 1) == 1) {
    ran.out.push_back(c);
    if (ran.out.ends_with(prompt)) [[maybe_unused]]
      const auto n = ::write(master, typed.data(), typed.size());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(master);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

TEST_F(MemberCommands, APasswordIsTypedWithoutEcho) {
  Person third(*appliance, "third-desk");
  const Ran ran = at_a_terminal(third, {"login", "grace", "--org", "Acme"},
                                "Password: ", "mistyped\x15" + std::string(kOwnerPassword) + "x\x7f\r");
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_EQ(ran.out.find("owls"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("logged in as grace"), std::string::npos) << ran.out;
}

TEST_F(MemberCommands, CtrlCAtThePromptSendsNothing) {
  Person fourth(*appliance, "fourth-desk");
  const Ran ran = at_a_terminal(fourth, {"login", "grace", "--org", "Acme"}, "Password: ", "nine\x03");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_NE(ran.out.find("cancelled"), std::string::npos) << ran.out;
}

TEST_F(MemberCommands, AWrongPasswordIsRefusedAndKeepsNoSession) {
  Person mallory(*appliance, "mallory");
  const Ran ran = mallory.program({"login", "grace", "--org", "Acme", "--password-file", "-"}, "guess\n");
  EXPECT_EQ(ran.exit_code, kUnauthenticated) << ran.out;
  EXPECT_EQ(mallory.program({"whoami"}).exit_code, kUnauthenticated);
}

TEST_F(MemberCommands, LoggingInKeepsAPrivateProfileAndLoggingOutEndsTheSession) {
  Person second(*appliance, "second-desk");
  ASSERT_EQ(second.program({"login", "grace", "--org", "Acme", "--password-file", "-"}, std::string(kOwnerPassword))
                .exit_code,
            0);
  struct stat status{};
  ASSERT_EQ(::stat((second.home() / ".config/kaito/profile.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  second.environment.erase("KAITO_URL");  // the profile knows
  second.environment.erase("KAITO_CACERT");
  EXPECT_EQ(second.program({"seed", "list"}).exit_code, 0);
  EXPECT_EQ(second.program({"logout"}).exit_code, 0);
  EXPECT_EQ(second.program({"seed", "list"}).exit_code, kUnauthenticated);
}

TEST_F(MemberCommands, TheSessionIsNotSentToAnotherAppliance) {
  owner->environment["KAITO_URL"] = "https://localhost:1";
  EXPECT_EQ(owner->kaito({"whoami"}).exit_code, 19);
  // The same appliance under another name: the session is of the first one only.
  std::string other = appliance->url();
  other.replace(other.find("localhost"), 9, "127.0.0.1");
  owner->environment["KAITO_URL"] = other;
  EXPECT_EQ(owner->kaito({"whoami"}).exit_code, kUnauthenticated);
  owner->environment["KAITO_URL"] = appliance->url();
  EXPECT_EQ(owner->kaito({"whoami"}).exit_code, 0);
}

TEST_F(MemberCommands, AMemberIsInvitedPutIntoAGroupAndSeesItsSeeds) {
  add_seed("Shared:seed");
  const auto invited = owner->json({"member", "invite", "linus", "--role", "viewer"});
  ASSERT_EQ(owner->kaito({"group", "create", "night shift"}).exit_code, 0);
  ASSERT_EQ(owner->kaito({"group", "add", "night shift", "--member", "linus", "--seed", "Shared:seed"}).exit_code, 0);
  Person linus(*appliance, "linus");
  linus.types = {std::string(invited.at("invitation").as_string()), "seven green foxes", "seven green foxes"};
  ASSERT_EQ(linus.kaito({"accept-invitation", "linus"}).exit_code, 0);
  EXPECT_EQ(linus.kaito({"code", "Shared"}).exit_code, 0);
  EXPECT_EQ(linus.kaito({"member", "list"}).exit_code, kForbidden);
  EXPECT_NE(owner->kaito({"group", "show", "night shift"}).out.find("night shift"), std::string::npos);
  EXPECT_EQ(owner->kaito({"group", "delete", "night shift"}).exit_code, 0);
  EXPECT_EQ(owner->kaito({"member", "change", "linus", "--disable"}).exit_code, 0);
  EXPECT_EQ(linus.kaito({"whoami"}).exit_code, kUnauthenticated);
  EXPECT_EQ(owner->kaito({"member", "remove", "linus"}).exit_code, 0);
}

TEST_F(MemberCommands, AnApiKeyReadsCodesUntilItIsRevoked) {
  const std::string id = add_seed("Keyed:seed");
  const auto made = owner->json({"key", "create", "deploy", "--scope", "codes:read"});
  Person robot(*appliance, "robot");
  robot.environment["KAITO_ORG"] = std::string(owner->json({"whoami"}).at("org").as_string());
  const std::string key = robot.file("key", made.at("token").as_string());
  EXPECT_EQ(robot.program({"code", "-q", id, "--api-key-file", key}).exit_code, 0);
  EXPECT_EQ(robot.program({"seed", "list", "--api-key-file", key}).exit_code, kForbidden);
  ASSERT_EQ(owner->kaito({"key", "revoke", "deploy"}).exit_code, 0);
  EXPECT_EQ(robot.program({"code", id, "--api-key-file", key}).exit_code, kUnauthenticated);
}

}  // namespace
}  // namespace kaito::test
