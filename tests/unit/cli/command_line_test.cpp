#include "appliance/cli/command_line.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "appliance/cli/profile.hpp"
#include "tests/fakes/scripted_terminal.hpp"

namespace kaito::cli {
namespace {

// Port 1 of this machine: nothing listens there, so a command that gets as far as connecting exits with 19.
constexpr std::string_view kNobody = "https://localhost:1";
constexpr int kUsage = 2;
constexpr int kNoConnection = 19;

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    std::string name = (std::filesystem::temp_directory_path() / "kaito-cli-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    environment["HOME"] = directory.string();
  }
  ~CommandLineTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  int run(std::vector<std::string> words) {
    World world{.terminal = terminal,
                .environment = [this](const char* name) { return environment[name]; },
                .open_key = [](const std::string&) -> Result<fido_client::FidoDevice> {
                  return fail(Code::not_found, "no security key found");
                }};
    return run_kaito(std::move(words), world);
  }

  std::filesystem::path write(const std::string& name, std::string_view content) {
    std::ofstream(directory / name) << content;
    return directory / name;
  }
  [[nodiscard]] ProfileFile profile_file() const { return ProfileFile(profile_path("", directory.string())); }

  std::filesystem::path directory;
  std::map<std::string, std::string> environment;
  test::ScriptedTerminal terminal;
};

TEST_F(CommandLineTest, HelpOfEveryCommandIsPrintedAndSucceeds) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--help"},
                                                                 {"login", "--help"},
                                                                 {"seed", "--help"},
                                                                 {"seed", "add", "--help"},
                                                                 {"audit", "verify", "--help"},
                                                                 {"staff", "enrol", "--help"}}) {
    terminal.out.clear();
    EXPECT_EQ(run(words), 0);
    EXPECT_NE(terminal.out.find("--help"), std::string::npos) << words.front();
  }
}

TEST_F(CommandLineTest, AnUnknownCommandOptionOrAMissingArgumentIsAUsageError) {
  EXPECT_EQ(run({}), kUsage);
  EXPECT_EQ(run({"frobnicate"}), kUsage);
  EXPECT_EQ(run({"seed"}), kUsage);
  EXPECT_EQ(run({"code"}), kUsage);
  EXPECT_EQ(run({"seed", "list", "--colour"}), kUsage);
  EXPECT_EQ(run({"seed", "add", "--digits", "six"}), kUsage);
  EXPECT_TRUE(terminal.out.empty());
}

TEST_F(CommandLineTest, NoOptionTakesASecret) {
  for (const auto* option : {"--password", "--token", "--secret", "--api-key", "--uri", "--invitation", "--pin"}) {
    EXPECT_EQ(run({"login", "alice", option, "x"}), kUsage) << option;
    EXPECT_EQ(run({"seed", "add", option, "x"}), kUsage) << option;
    EXPECT_EQ(run({"staff", "enrol", option, "x"}), kUsage) << option;
  }
}

TEST_F(CommandLineTest, AnArgumentMayBeTheNameOfAnotherCommand) {
  EXPECT_EQ(run({"code", "audit", "--url", std::string(kNobody), "--org", "0193b0a0-0000-7000-8000-000000000001"}),
            kNoConnection);
}

TEST_F(CommandLineTest, WithoutAUrlItSaysHowToGiveOne) {
  EXPECT_EQ(run({"whoami"}), kUsage);
  EXPECT_NE(terminal.err.find("KAITO_URL"), std::string::npos);
}

TEST_F(CommandLineTest, TheUrlMustBeHttps) {
  EXPECT_EQ(run({"whoami", "--url", "http://localhost:1"}), kUsage);
  EXPECT_EQ(run({"whoami", "--url", "https://user@localhost:1"}), kUsage);
}

TEST_F(CommandLineTest, AnApplianceThatCannotBeReachedHasItsOwnExitCode) {
  environment["KAITO_URL"] = kNobody;
  EXPECT_EQ(run({"whoami"}), kNoConnection);
  EXPECT_NE(terminal.err.find("https://localhost:1"), std::string::npos);
}

TEST_F(CommandLineTest, AnApiKeyNeedsTheOrgNamed) {
  environment["KAITO_URL"] = kNobody;
  environment["KAITO_API_KEY"] = "kaito_key";
  EXPECT_EQ(run({"seed", "list"}), kUsage);
  EXPECT_NE(terminal.err.find("KAITO_ORG"), std::string::npos);
}

TEST_F(CommandLineTest, AnApiKeyThatWouldAddAHeaderIsRefused) {
  environment["KAITO_URL"] = kNobody;
  const auto file = write("key", "abc\nX-Evil: 1\n");
  EXPECT_EQ(run({"seed", "list", "--api-key-file", file.string()}), kUsage);
}

TEST_F(CommandLineTest, APasswordIsAskedForAndAnEmptyOneIsNotSent) {
  terminal.typed = {""};
  EXPECT_EQ(run({"login", "alice", "--org", "acme", "--url", std::string(kNobody)}), kUsage);
  EXPECT_EQ(terminal.prompts, std::vector<std::string>{"Password"});
}

TEST_F(CommandLineTest, ANewPasswordIsTypedTwiceAlike) {
  terminal.typed = {"invitation", "correct horse", "correct hose"};
  EXPECT_EQ(run({"accept-invitation", "alice", "--url", std::string(kNobody)}), kUsage);
  EXPECT_NE(terminal.err.find("do not match"), std::string::npos);
}

TEST_F(CommandLineTest, ASecretFromAFileOrStdinLosesOneNewlineAndNoMore) {
  const auto file = write("secret", "pass word \r\n\n");
  const auto secret = read_secret(terminal, file.string(), "Password");
  ASSERT_TRUE(secret);
  EXPECT_EQ(as_text(secret->expose_secret()), "pass word \r\n");
  terminal.input = "typed\r\n";
  EXPECT_EQ(as_text(read_secret(terminal, "-", "Password")->expose_secret()), "typed");
}

TEST_F(CommandLineTest, StdinIsNotReadTwice) {
  EXPECT_EQ(run({"import", "-", "--password-file", "-", "--url", std::string(kNobody)}), kUsage);
}

TEST_F(CommandLineTest, TheProfileIsPrivateAndComesBack) {
  ASSERT_TRUE(
      profile_file().save({.url = "https://a:1", .cacert = "/ca", .org = "o", .session = Token::copy_of("s\"e")}));
  struct stat status{};
  ASSERT_EQ(::stat(profile_file().path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto profile = profile_file().load();
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->url, "https://a:1");
  EXPECT_EQ(as_text(profile->session.expose_secret()), "s\"e");
}

TEST_F(CommandLineTest, ADamagedProfileIsNamed) {
  ASSERT_TRUE(profile_file().save({}));
  std::ofstream(profile_file().path()) << "{";
  EXPECT_EQ(run({"whoami", "--url", std::string(kNobody)}), 18);
  EXPECT_NE(terminal.err.find("profile.json"), std::string::npos);
}

TEST_F(CommandLineTest, TheProfileLiesWhereXdgSays) {
  EXPECT_EQ(profile_path("/x", "/home/a"), "/x/kaito/profile.json");
  EXPECT_EQ(profile_path("relative", "/home/a"), "/home/a/.config/kaito/profile.json");
}

TEST_F(CommandLineTest, VerifyNeedsNoApplianceAndRefusesWhatIsNoExport) {
  EXPECT_NE(run({"audit", "verify", write("x", "hello\n").string()}), 0);
  EXPECT_EQ(run({"audit", "verify", (directory / "none").string()}), kUsage);
  EXPECT_EQ(run({"audit", "verify", (directory / "x").string(), "--key", "nonsense"}), kUsage);
}

TEST_F(CommandLineTest, WithoutASecurityKeyStaffLearnWhatToDo) {
  EXPECT_EQ(run({"staff", "login", "--url", std::string(kNobody)}), 5);
  EXPECT_NE(terminal.err.find("no security key found"), std::string::npos);
}

}  // namespace
}  // namespace kaito::cli
