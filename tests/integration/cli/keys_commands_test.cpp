// `kaito keys`: rotations and certificates, and a customer who brings a key with nothing but the openssl program.
#include <signal.h>

#include <boost/json/parse.hpp>

#include "appliance/base/file.hpp"
#include "tests/integration/cli/cli_stage.hpp"

namespace kaito::test {
namespace {

class KeysCommands : public CliStage {
 protected:
  static void SetUpTestSuite() {
    CliStage::SetUpTestSuite();
    owner->stdin_text = fmt::format("otpauth://totp/Safe:desk?secret={}\n", kSecret);
    seed = std::string(owner->json({"seed", "add", "--secret-file", "-"}).at("id").as_string());
    officer->json({"keys", "make-wrapping-key"});
    verifier_key = std::string(officer->json({"audit", "keys"}).at("verifier_keys").as_array()[0].as_string());
  }
  void SetUp() override { wait_until_idle(); }

  static std::string in(const Person& person, const std::string& name) { return (person.home() / name).string(); }
  // A shell's line, as the manual has it, in the owner's home.
  static std::string shell(const std::string& line) {
    const std::string hex = "hex() { od -An -v -tx1 | tr -d ' \\n'; }\n";
    const auto finished = run_program({"sh", "-ec", hex + "cd " + owner->home().string() + " && " + line});
    EXPECT_EQ(finished.exit_code, 0) << line << "\n" << finished.output;
    return trimmed(finished.output);
  }
  static std::string get_certificate() {
    const Ran ran = owner->kaito({"keys", "wrapping-certificate", "-o", in(*owner, "wrapping.pem")});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return in(*owner, "wrapping.pem");
  }
  // The customer's part, by the manual's commands; leaves key.bin, wrapped.bin and padded.bin; gives the check value.
  static std::string wrap_by_openssl(const std::string& size = "32") {
    get_certificate();
    shell("openssl rand -out key.bin " + size);
    const std::string oaep =
        "openssl pkeyutl -encrypt -certin -inkey wrapping.pem -pkeyopt rsa_padding_mode:oaep "
        "-pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1 ";
    shell(oaep + "-in key.bin -out wrapped.bin");
    shell("openssl rand -out once.bin 32 && " + oaep + "-in once.bin -out padded.bin");
    shell("openssl enc -id-aes256-wrap-pad -iv A65959A6 -K $(hex < once.bin) -in key.bin >> padded.bin");
    const std::string cipher = size == "32" ? "-aes-256-ecb" : "-aes-128-ecb";
    return shell("head -c 16 /dev/zero | openssl enc " + cipher + " -nopad -K $(hex < key.bin) | head -c 3 | hex");
  }
  static Ran import(const std::string& file, const std::string& check_value, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"keys", "import", in(*owner, file), "--check-value", check_value};
    words.insert(words.end(), more.begin(), more.end());
    return owner->kaito(std::move(words));
  }
  static void wait_until_idle() {
    while (owner->json({"keys", "list"}).as_object().contains("rotation")) usleep(20'000);
  }
  static std::string newest_check_value() {
    const auto key = owner->json({"keys", "list"});
    for (const auto& version : key.at("versions").as_array())
      if (version.at("version") == key.at("newest_version") && version.as_object().contains("check_value"))
        return std::string(version.at("check_value").as_string());
    return "none";
  }
  static void expect_the_right_code() {
    const auto oathtool = [] {
      return trimmed(run_program({"oathtool", "--totp", "-b", std::string(kSecret)}).output);
    };
    const std::string before = oathtool();
    const std::string code = trimmed(owner->kaito({"code", "-q", seed}).out);
    const std::string after = oathtool();
    EXPECT_TRUE(code == before || code == after) << code;
  }

  static inline std::string seed;
  static inline std::string verifier_key;
};

TEST_F(KeysCommands, ARotationIsWatchedCertifiedAndVerifiedOffline) {
  const Ran rotated = officer->kaito({"keys", "rotate", "platform", "--wait"});
  ASSERT_EQ(rotated.exit_code, 0) << rotated.err;
  EXPECT_NE(rotated.out.find("done"), std::string::npos);
  const auto rotations = officer->json({"keys", "rotations"});
  std::string id;
  for (const auto& rotation : rotations.at("items").as_array())
    if (rotation.at("kind") == "platform") id = std::string(rotation.at("id").as_string());
  EXPECT_EQ(officer->kaito({"keys", "show", id}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"keys", "pause", id}).exit_code, kConflict) << "it is done";
  EXPECT_EQ(officer->kaito({"keys", "certificate", id, "--destroyed"}).exit_code, kNotFound);
  ASSERT_EQ(officer->kaito({"keys", "certificate", id, "-o", in(*officer, "platform.note")}).exit_code, 0);
  const Ran verified = officer->kaito({"keys", "verify", in(*officer, "platform.note"), "--key", verifier_key});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_NE(verified.out.find("platform-kek"), std::string::npos);
  std::string note = *read_file(in(*officer, "platform.note"), 1 << 20);
  note[note.find("version: ") + 9] = '9';
  EXPECT_EQ(officer->kaito({"keys", "verify", officer->file("changed.note", note), "--key", verifier_key}).exit_code,
            kIntegrity);
  const Ran destroyed = officer->kaito({"keys", "destroy", id});
  EXPECT_EQ(destroyed.exit_code, 0) << destroyed.err;
  EXPECT_EQ(officer->kaito({"keys", "certificate", id, "--destroyed", "-o", in(*officer, "gone.note")}).exit_code, 0);
  EXPECT_NE(officer->kaito({"keys", "list"}).out.find("destroyed"), std::string::npos);
  expect_the_right_code();
}

TEST_F(KeysCommands, AnOwnerRotatesTheOrgsKeyAndNobodyElsesIsInReach) {
  const Ran rotated = owner->kaito({"keys", "rotate", "org", "--destroy-old", "--wait"});
  ASSERT_EQ(rotated.exit_code, 0) << rotated.err;
  EXPECT_EQ(owner->json({"keys", "list"}).at("versions").as_array().size(), 1U);
  EXPECT_EQ(owner->kaito({"keys", "rotate", "platform"}).exit_code, kForbidden);
  EXPECT_EQ(owner->kaito({"keys", "shred"}).exit_code, kForbidden);
  EXPECT_EQ(owner->kaito({"keys", "show", "0193b0a0-0000-7000-8000-000000000001"}).exit_code, kNotFound);
  expect_the_right_code();
}

TEST_F(KeysCommands, OnlyOrgsThatAreDeletedAreShredded) {
  EXPECT_EQ(officer->kaito({"keys", "shred", "--wait"}).exit_code, kConflict) << "nothing waits";
  officer->json({"org", "create", "Short-lived", "nobody@short.example"});
  ASSERT_EQ(officer->kaito({"org", "delete", "--org", "Short-lived", "Short-lived"}).exit_code, 0);
  EXPECT_NE(officer->kaito({"keys", "deleted"}).out.find("-"), std::string::npos);
  const Ran shredded = officer->kaito({"keys", "shred", "--wait"});
  EXPECT_EQ(shredded.exit_code, 0) << shredded.err;
  for (const auto& org : officer->json({"keys", "deleted"}).at("items").as_array())
    EXPECT_TRUE(org.as_object().contains("shredded_at"));
  expect_the_right_code();
}

TEST_F(KeysCommands, S12TheWrappingCertificateVerifiesByOpensslAndNamesTheHash) {
  const std::string path = get_certificate();
  const std::string text = *read_file(path, 1 << 16);
  EXPECT_NE(text.find("oaep-hash: SHA-1"), std::string::npos);
  EXPECT_NE(text.find("signed-by: " + verifier_key), std::string::npos);
  // The second certificate is the issuer's.
  shell("awk '/BEGIN/{n++} n==2' wrapping.pem > issuer.pem");
  EXPECT_NE(shell("openssl verify -CAfile issuer.pem wrapping.pem").find("OK"), std::string::npos);
  EXPECT_NE(shell("openssl x509 -in wrapping.pem -noout -subject").find("Kaito wrapping key 1 OAEP SHA-1"),
            std::string::npos);
  EXPECT_NE(shell("openssl x509 -in wrapping.pem -noout -text").find("4096 bit"), std::string::npos);
  // The issuer's key is what the verifier key holds behind its type byte: the manual's check by hand.
  const std::string noted = shell("printf %s '" + verifier_key + "' | cut -d+ -f3- | base64 -d | tail -c 32 | hex");
  const std::string issuers =
      shell("openssl x509 -in issuer.pem -noout -pubkey | openssl pkey -pubin -outform DER | tail -c 32 | hex");
  EXPECT_EQ(noted, issuers);
}

TEST_F(KeysCommands, S12AKeyThatOpensslHasWrappedBecomesTheOrgsAndCodesGoOn) {
  std::string check_value = wrap_by_openssl();
  const Ran plain = import("wrapped.bin", check_value, {"--wait"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(newest_check_value(), check_value);
  expect_the_right_code();
  EXPECT_EQ(import("wrapped.bin", check_value).exit_code, kConflict) << "the same import twice";

  check_value = wrap_by_openssl();
  const Ran padded = import("padded.bin", check_value, {"--mechanism", "rsa_aes_key_wrap", "--wait", "--destroy-old"});
  ASSERT_EQ(padded.exit_code, 0) << padded.err;
  EXPECT_EQ(newest_check_value(), check_value);
  EXPECT_EQ(owner->json({"keys", "list"}).at("versions").as_array().size(), 1U);
  expect_the_right_code();
  // An ordinary rotation leads back to a key of the HSM's own.
  ASSERT_EQ(owner->kaito({"keys", "rotate", "org", "--wait"}).exit_code, 0);
  EXPECT_EQ(newest_check_value(), "none");
  expect_the_right_code();
}

TEST_F(KeysCommands, S12TheProgramWrapsOfflineAndRefusesAnotherAppliancesCertificate) {
  get_certificate();
  shell("openssl rand -out mine.bin 32 && openssl rand -out short.bin 16");
  const auto wrap = [](std::vector<std::string> more) {
    std::vector<std::string> words{"keys", "wrap-for-import", "--output", in(*owner, "mine.wrapped")};
    words.insert(words.end(), more.begin(), more.end());
    owner->environment.erase("KAITO_URL");  // it needs no appliance
    const Ran ran = owner->kaito(std::move(words));
    owner->environment["KAITO_URL"] = appliance->url();
    return ran;
  };
  const std::string certificate = in(*owner, "wrapping.pem");
  for (const auto* mechanism : {"rsa_oaep", "rsa_aes_key_wrap"}) {
    shell("openssl rand -out mine.bin 32");
    const Ran wrapped = wrap({"--certificate", certificate, "--key", in(*owner, "mine.bin"), "--verifier-key",
                              verifier_key, "--mechanism", mechanism, "--json"});
    ASSERT_EQ(wrapped.exit_code, 0) << wrapped.err;
    const std::string stated(boost::json::parse(wrapped.out).at("check_value").as_string());
    const Ran imported = import("mine.wrapped", stated, {"--mechanism", mechanism, "--wait"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
    EXPECT_EQ(newest_check_value(), stated);
  }
  EXPECT_EQ(
      wrap({"--certificate", certificate, "--key", in(*owner, "short.bin"), "--verifier-key", verifier_key}).exit_code,
      kUsage);
  EXPECT_EQ(wrap({"--certificate", certificate, "--key", in(*owner, "mine.bin")}).exit_code, kUsage);
  const TestAppliance other;
  Person staff(other, "staff");
  SoftAuthenticator key;
  staff.key = &key;
  staff.json({"staff", "enrol", "--name", "eve", "--token-file", (other.data() / "setup-token").string()});
  staff.json({"staff", "login"});
  const std::string others(staff.json({"audit", "keys"}).at("verifier_keys").as_array()[0].as_string());
  EXPECT_EQ(wrap({"--certificate", certificate, "--key", in(*owner, "mine.bin"), "--verifier-key", others}).exit_code,
            kIntegrity);
}

TEST_F(KeysCommands, WhatIsWrongWithAnImportIsSaidInAWord) {
  const std::string check_value = wrap_by_openssl();
  const auto refused = [](const Ran& ran, int exit_code, std::string_view word) {
    EXPECT_EQ(ran.exit_code, exit_code) << ran.err;
    EXPECT_NE(ran.err.find(word), std::string::npos) << ran.err;
  };
  refused(import("wrapped.bin", "00beef"), kUsage, "check_value");
  refused(import("wrapped.bin", "beef"), kUsage, "check_value");
  refused(import("wrapped.bin", check_value, {"--mechanism", "rsa_aes_key_wrap"}), kUsage, "wrapped_key");
  refused(import("padded.bin", check_value), kUsage, "wrapped_key");
  refused(import("wrapped.bin", check_value, {"--wrapping-version", "77"}), kUsage, "wrapping_version");
  shell("head -c 300 wrapped.bin > cut.bin");
  refused(import("cut.bin", check_value), kUsage, "wrapped_key");
  shell("openssl req -x509 -newkey rsa:4096 -nodes -keyout other.key -subj /CN=other -out other.pem 2>/dev/null");
  shell("openssl pkeyutl -encrypt -certin -inkey other.pem -pkeyopt rsa_padding_mode:oaep -in key.bin -out stray.bin");
  refused(import("stray.bin", check_value), kUsage, "does not unwrap");
  const std::string short_value = wrap_by_openssl("16");
  refused(import("wrapped.bin", short_value), kUsage, "256 bits");
  EXPECT_EQ(officer->kaito({"keys", "import", in(*owner, "wrapped.bin"), "--check-value", check_value, "--org", "Acme"})
                .exit_code,
            kForbidden);
  expect_the_right_code();
}

TEST_F(KeysCommands, F7AnImportWithoutTheHsmIsRefusedAndSucceedsAfterwards) {
  const std::string check_value = wrap_by_openssl();
  const pid_t worker = appliance->worker_pid();
  ASSERT_GT(worker, 0);
  ::kill(worker, SIGSTOP);
  const Ran refused = import("wrapped.bin", check_value, {"--wrapping-version", "1"});
  ::kill(worker, SIGCONT);
  EXPECT_EQ(refused.exit_code, kUnavailable) << refused.err;
  Ran ran;
  for (int i = 0; i < 200 && ran.exit_code != 0; ++i) {
    ran = import("wrapped.bin", check_value, {"--wait"});
    if (ran.exit_code != 0) usleep(50'000);
  }
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  expect_the_right_code();
}

TEST_F(KeysCommands, S12OpeningsOfSeedsMatchTheAuditLog) {
  const auto before = owner->json({"keys", "reconcile"});
  for (int i = 0; i < 3; ++i) expect_the_right_code();
  const auto after = owner->json({"keys", "reconcile", "--hours", "1"});
  EXPECT_EQ(after.at("codes_recorded").as_int64(), before.at("codes_recorded").as_int64() + 3);
  EXPECT_TRUE(after.at("matches").as_bool()) << after.at("difference").as_int64();
  EXPECT_EQ(owner->kaito({"keys", "reconcile"}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"keys", "reconcile", "--org", "Acme"}).exit_code, 0);
}

// Last: what was wrapped by it can never be imported again.
TEST_F(KeysCommands, ZADestroyedWrappingKeyTakesNothingMore) {
  const std::string check_value = wrap_by_openssl();
  EXPECT_EQ(owner->kaito({"keys", "make-wrapping-key"}).exit_code, kForbidden);
  EXPECT_EQ(officer->json({"keys", "make-wrapping-key"}).at("version").as_int64(), 2);
  ASSERT_EQ(officer->kaito({"keys", "destroy-wrapping-key", "1"}).exit_code, 0);
  EXPECT_EQ(officer->kaito({"keys", "destroy-wrapping-key", "1"}).exit_code, kNotFound);
  EXPECT_EQ(import("wrapped.bin", check_value, {"--wrapping-version", "1"}).exit_code, kUsage);
  EXPECT_EQ(officer->json({"keys", "wrapping-certificate"}).at("version").as_int64(), 2);
  EXPECT_EQ(officer->kaito({"keys", "wrapping-certificate", "--version", "1"}).exit_code, kNotFound);
}

}  // namespace
}  // namespace kaito::test
