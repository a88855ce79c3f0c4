// The examination of every token, and what `kaito hsm doctor` makes of it.
#include <gtest/gtest.h>

#include "appliance/base/file.hpp"
#include "appliance/cli/command_line.hpp"
#include "hsm/client/client.hpp"
#include "hsm/client/one_shot.hpp"
#include "tests/fakes/scripted_terminal.hpp"
#include "tests/integration/hsm/conformance/capability_table.hpp"
#include "tests/integration/hsm/conformance/made_tokens.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

class Doctor : public ::testing::TestWithParam<Candidate> {
 protected:
  void SetUp() override {
    const MadeToken& made = made_token(GetParam());
    if (!made.failure.empty()) FAIL() << made.failure;
    if (!made.token) GTEST_SKIP() << GetParam().what << ": " << made.unavailable;
    config_ = made.token->config();
  }
  ClientConfig config_;
};

TEST_P(Doctor, SaysWhatTheWorkerChooses) {
  const auto report = examine_token(config_, Milliseconds(50));
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->unfit, "");
  if (GetParam().lacks_something) {
    EXPECT_EQ(report->org_keks, "");
    EXPECT_EQ(report->deks, "RSA-OAEP (CKM_RSA_PKCS_OAEP)") << "it serves as a customer's";
    return;
  }
  EXPECT_GT(report->unwraps_per_second, 0);
  EXPECT_GT(report->wraps_per_second, 0);
  EXPECT_GE(report->deadline_ms, 5000u);
  const SystemClock clock;
  CapturedLog log;
  Logger logger(log, clock);
  const auto client = Client::start(config_, clock, logger);
  ASSERT_TRUE(client) << client.error().describe();
  const auto status = wait_for((*client)->status());
  ASSERT_TRUE(status);
  EXPECT_EQ(report->org_keks, chosen(*status, "org KEKs"));
  EXPECT_EQ(report->deks, chosen(*status, "DEKs"));
  EXPECT_EQ(report->audit, chosen(*status, "audit"));
  EXPECT_EQ(report->max_sessions, status->max_sessions);
}

INSTANTIATE_TEST_SUITE_P(Token, Doctor, ::testing::ValuesIn(candidates().begin(), candidates().end()),
                         [](const auto& info) { return std::string(info.param.name); });

const Candidate& named(std::string_view name) {
  for (const Candidate& candidate : candidates())
    if (candidate.name == name) return candidate;
  throw std::runtime_error("no such candidate");
}

TokenReport examine(std::string_view name) {
  const MadeToken& made = made_token(named(name));
  return examine_token(made.token->config(), Milliseconds(10)).value();
}

TEST(DoctorFindings, F13TellWhoMakesTheIv) {
  EXPECT_EQ(examine("SoftHSM2").gcm_iv, "the caller's");
  EXPECT_EQ(examine("OwnIv").gcm_iv, "its own");
  EXPECT_EQ(examine("KeyWrapOnly").gcm_iv, "");
}

TEST(DoctorFindings, F11TellOfTheSessionLimitAndOfModulesWithoutLocking) {
  const TokenReport one = examine("OneSession");
  EXPECT_EQ(one.max_sessions, 1u);
  EXPECT_EQ(one.opened_sessions, 1u);
  EXPECT_FALSE(one.os_locking);
  const TokenReport any = examine("SoftHSM2");
  EXPECT_EQ(any.max_sessions, 0u);
  EXPECT_GT(any.opened_sessions, 2u);
  EXPECT_TRUE(any.os_locking);
}

TEST(DoctorFindings, TellAMechanismThatIsRefusedFromOneThatIsMissing) {
  const TokenReport report = examine("NoImport");
  const auto finding = [&](std::string_view what) {
    for (const auto& probe : report.probes)
      if (probe.what == what) return probe.finding;
    throw std::runtime_error("no such probe");
  };
  EXPECT_EQ(finding("AES-GCM (CKM_AES_GCM)"), Finding::works);
  EXPECT_EQ(finding("AES-KW of DEKs (CKM_AES_KEY_WRAP)"), Finding::refused);
  EXPECT_EQ(finding("AES-KWP of org KEKs (CKM_AES_KEY_WRAP_KWP)"), Finding::missing);
}

class DoctorCommand : public ::testing::Test {
 protected:
  int run(std::string_view token, std::vector<std::string> more = {}) {
    return run(made_token(named(token)).token->config(), std::move(more));
  }
  int run(const ClientConfig& config, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
        "hsm", "doctor", config.token_uri, "--module", config.module.string(), "--hsm-worker", config.worker.string()};
    for (const auto& [name, value] : config.environment)
      words.insert(words.end(), {"--module-environment", name + "=" + value});
    words.insert(words.end(), more.begin(), more.end());
    return run_words(std::move(words));
  }
  int run_words(std::vector<std::string> words) {
    cli::World world{.terminal = terminal_,
                     .environment = [](const char*) { return std::string(); },
                     .open_key = [](const std::string&) -> Result<fido_client::FidoDevice> {
                       return fail(Code::not_found, "no security key found");
                     }};
    return cli::run_kaito(std::move(words), world);
  }
  kaito::test::ScriptedTerminal terminal_;
};

TEST_F(DoctorCommand, ShowsATableAndSettings) {
  EXPECT_EQ(run("SoftHSM2"), 0) << terminal_.err;
  for (const std::string_view text :
       {"AES-GCM (CKM_AES_GCM)", "works", "DEKs          AES-GCM (CKM_AES_GCM)", "fit as platform token"})
    EXPECT_NE(terminal_.out.find(text), std::string::npos) << text << "\n" << terminal_.out;
}

TEST_F(DoctorCommand, GivesJsonToPrograms) {
  EXPECT_EQ(run("SoftHSM2", {"--json"}), 0) << terminal_.err;
  EXPECT_NE(terminal_.out.find("\"deks\":\"AES-GCM (CKM_AES_GCM)\""), std::string::npos) << terminal_.out;
  EXPECT_NE(terminal_.out.find("\"fit\":true"), std::string::npos);
}

TEST_F(DoctorCommand, ExitsWith12AndTheReasonWhenTheTokenLacksSomething) {
  ClientConfig config = made_token(named("RsaOnly")).token->config();
  config.environment.at("KAITO_QUIRKS") += ",hide=0x9";  // RSA-OAEP
  EXPECT_EQ(run(config), 12);
  EXPECT_NE(terminal_.out.find("not fit: the token does not offer CKM_AES_KEY_GEN"), std::string::npos)
      << terminal_.out;
}

TEST_F(DoctorCommand, TellsATokenThatServesAsACustomersAlone) {
  EXPECT_EQ(run("RsaOnly"), 0) << terminal_.err;
  for (const std::string_view text : {"DEKs          RSA-OAEP (CKM_RSA_PKCS_OAEP)", "not as platform token",
                                      "RSA-3072 pair (type=private)", "not measured"})
    EXPECT_NE(terminal_.out.find(text), std::string::npos) << text << "\n" << terminal_.out;
}

TEST_F(DoctorCommand, F8ExitsWith10AfterOneWrongPin) {
  ClientConfig config = made_token(named("SoftHSM2")).token->config();
  const TemporaryDirectory directory;
  const auto pin = directory.path() / "pin";
  ASSERT_TRUE(write_file_atomically(pin, as_bytes("00000000")));
  config.token_uri = config.token_uri.substr(0, config.token_uri.find('?')) + "?pin-source=file:" + pin.string();
  EXPECT_EQ(run_words({"hsm", "doctor", config.token_uri, "--module", config.module.string(), "--hsm-worker",
                       config.worker.string(), "--module-environment",
                       "SOFTHSM2_CONF=" + config.environment.at("SOFTHSM2_CONF")}),
            10);
}

TEST_F(DoctorCommand, RefusesAPinInTheUriAndCodeInTheEnvironment) {
  const auto worker = made_token(named("SoftHSM2")).token->config().worker.string();
  EXPECT_EQ(run_words({"hsm", "doctor", "pkcs11:token=x?pin-value=1234", "--hsm-worker", worker}), 18);
  EXPECT_EQ(terminal_.err.find("1234"), std::string::npos);
  EXPECT_EQ(run_words({"hsm", "doctor", "pkcs11:token=x?pin-source=file:/p", "--module-environment",
                       "LD_PRELOAD=/tmp/x.so", "--hsm-worker", worker}),
            18);
  EXPECT_EQ(run_words({"hsm", "doctor", "pkcs11:token=x?pin-source=file:/p", "--seconds", "61"}), 2);
}

}  // namespace
}  // namespace kaito::hsm::test
