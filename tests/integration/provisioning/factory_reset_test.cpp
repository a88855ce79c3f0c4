// C5: the factory reset of a machine whose volume is a file and closed, with officers' keys in software.
#include "provisioning/factory_reset.hpp"

#include <sodium.h>

#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "hsm/client/client.hpp"
#include "provisioning/boot_state.hpp"
#include "provisioning/hsm_keys.hpp"
#include "provisioning/reset_end.hpp"
#include "provisioning/transcript_file.hpp"
#include "provisioning/unlocking.hpp"
#include "provisioning/volume_end.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/scripted_terminal.hpp"
#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::provisioning {
namespace {

namespace fs = std::filesystem;

// A security key that is plugged in, with one credential that a ceremony made.
struct Plugged {
  kaito::test::SoftAuthenticator key;
  kaito::test::SoftFidoDevice device{key};

  luks::Fido2Key open() { return luks::Fido2Key::open(device.path(), &kaito::test::SoftFidoDevice::io()).value(); }
};

class FactoryReset : public luks::test::VolumeFile {
 protected:
  void SetUp() override {
    VolumeFile::SetUp();
    crypto_sign_keypair(public_half_.data(), secret_half_.data());
    places_.boot = directory_ / "boot";
    places_.data = directory_ / "data";
    places_.service_config = directory_ / "kaitod.conf";
    places_.chrony_config = directory_ / "chrony.conf";
    places_.maintenance = directory_ / "run" / "maintenance";
    places_.mapping = "kaito-test-" + directory_.filename().string();
    provision({});
  }

  // What a ceremony leaves: its transcript, signed, the plan and the record of the volume.
  void provision(const HsmPlan& hsm) {
    for (const auto& file : {places_.transcript(), places_.volume()}) fs::remove(file);
    ASSERT_TRUE(make_private_directory(places_.boot));
    OfficerKeys officers{.threshold = 2, .pin = false, .keys = {}};
    for (auto [name, plugged] : {std::pair{"ann", &ann_}, {"ann", &anns_spare_}, {"bob", &bob_}, {"cyd", &cyd_}}) {
      auto key = plugged->open();
      auto made = key.make_credential({}, nullptr, random_);
      ASSERT_TRUE(made) << made.error().describe();
      officers.keys.push_back({.officer = name, .credential = made->id, .public_key = made->public_key});
    }
    auto transcript = TranscriptFile::open(places_.transcript(), clock_);
    Plan plan{.host_names = {"box.example"}, .hsm = hsm, .device = device()};
    plan.recovery.terminal = true;
    const std::string planned = boost::json::serialize(to_json(plan)) + "\n";
    ASSERT_TRUE(write_file_atomically(places_.plan(), as_bytes(planned)));
    ASSERT_TRUE(transcript->append({.event = "begin",
                                    .step = {},
                                    .facts = {{"ceremony", "provisioning"},
                                              {"host_name", "box.example"},
                                              {"plan_sha256", to_hex(hash_line(planned))}}}));
    Facts facts;
    append_officer_keys(facts, officers);
    ASSERT_TRUE(transcript->append({.event = "step-done", .step = "officers", .facts = facts}));
    const auto chain = read_transcript(transcript->text());
    const auto statement = transcript_statement("kaito.local/box", chain);
    audit::NoteSignature signature{.key = verifier(), .signature = {}};
    crypto_sign_detached(signature.signature.data(), nullptr, as_bytes(statement).data(), statement.size(),
                         secret_half_.data());
    ASSERT_TRUE(transcript->sign(audit::sign_note(statement, {&signature, 1})));
    ceremony_ = transcript->text();
    ASSERT_TRUE(write_volume_record(places_.volume(),
                                    {.uuid = volume_->facts().uuid, .device = device(), .mode = {}, .hsm = {}}));
  }

  [[nodiscard]] audit::VerifierKey verifier() const {
    return *audit::VerifierKey::make("kaito.local/box", public_half_);
  }
  Result<ResetState> prepare() { return prepare_reset(places_, false, clock_, random_); }
  Result<ResetState> sign(Plugged& plugged) {
    const auto ask = [&](const OfficerKeys& officers, const LineHash& hash) {
      std::vector<Bytes> credentials;
      for (const auto& one : officers.keys) credentials.push_back(one.credential);
      auto key = plugged.open();
      return key.sign({}, credentials, hash, nullptr);
    };
    return sign_reset(places_, [this](const ResetState& state) { shown_ = state.text; }, ask, clock_);
  }
  Result<fs::path> execute(const std::string& digest, std::string_view name = "box.example") {
    return execute_reset(places_, digest, name, clock_);
  }
  // Signed by two officers; gives the digest.
  std::string approved() {
    EXPECT_TRUE(prepare());
    EXPECT_TRUE(sign(ann_));
    const auto state = sign(bob_);
    EXPECT_TRUE(state) << state.error().describe();
    return state->digest;
  }
  [[nodiscard]] bool opens() const {
    const auto loaded = luks::Volume::load(device());
    return loaded && loaded->unlock(words_);
  }
  [[nodiscard]] std::string state() const { return std::string(to_string(report_state(places_, clock_).state)); }
  Result<ResetReport> verify(const fs::path& proof) const {
    const auto trusted = verifier();
    return verify_reset(read_file(proof, kMaxTranscript).value(), ceremony_, {&trusted, 1});
  }

  ByteArray<32> public_half_{};
  ByteArray<64> secret_half_{};
  kaito::test::ManualClock clock_;
  kaito::test::ScriptedTerminal terminal_;
  Places places_;
  Plugged ann_, anns_spare_, bob_, cyd_, stranger_;
  std::string ceremony_;
  std::string shown_;
};

TEST_F(FactoryReset, C5NamesWhatIsDestroyedAndThatNobodyKnowsHowMuchOfIt) {
  const auto state = prepare();
  ASSERT_TRUE(state) << state.error().describe();
  for (const std::string line :
       {"host: \"box.example\"\n", "appliance: \"kaito.local/box\"\n", "orgs: unknown, the volume is closed\n",
        "seeds: unknown, the volume is closed\n", "way: \"recovery-shares\"\n", "needed: 2\n", "hsm: \"embedded"})
    EXPECT_NE(state->text.find(line), std::string::npos) << line << state->text;
  EXPECT_EQ(reset_line(state->text, "volume"), "\"" + volume_->facts().uuid + "\"");
  EXPECT_EQ(reset_line(state->text, "ceremony"), to_hex(read_transcript(ceremony_).head));
  ASSERT_TRUE(sign(ann_));
  EXPECT_EQ(shown_, state->text);
}

TEST_F(FactoryReset, C5MakesAMachineThatCanBeProvisionedAnewAndAProofThatHolds) {
  ASSERT_TRUE(write_file_atomically(places_.service_config, as_bytes("host-name = \"box.example\"\nport = 9443\n")));
  ASSERT_TRUE(write_file_atomically(places_.chrony_config, as_bytes("server x\n")));
  ASSERT_TRUE(opens());
  const auto proof = execute(approved());
  ASSERT_TRUE(proof) << proof.error().describe();
  EXPECT_FALSE(opens());
  std::string first(16U << 20U, 'x');
  std::ifstream(device()).read(first.data(), static_cast<std::streamsize>(first.size()));
  EXPECT_EQ(first.find_first_not_of('\0'), std::string::npos);
  EXPECT_EQ(state(), "unprovisioned");
  EXPECT_FALSE(fs::exists(places_.plan()));
  EXPECT_FALSE(fs::exists(places_.chrony_config));
  const auto settings = read_file(places_.service_config, 4096);
  EXPECT_EQ(settings->find("box.example"), std::string::npos);
  EXPECT_NE(settings->find("port = 9443"), std::string::npos);

  const auto report = verify(*proof);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->officers, (std::vector<std::string>{"ann", "bob"}));
  EXPECT_FALSE(report->signer);
  const auto kept = read_file(places_.boot / ("transcript-" + volume_->facts().uuid + ".jsonl"), kMaxTranscript);
  EXPECT_EQ(*kept, ceremony_);
}

TEST_F(FactoryReset, C5NeedsTwoOfficersAndCountsEachOnce) {
  const auto prepared = prepare();
  ASSERT_TRUE(sign(ann_));
  EXPECT_EQ(sign(anns_spare_).error().code, Code::conflict);
  EXPECT_FALSE(sign(stranger_));
  EXPECT_EQ(execute(prepared->digest).error().code, Code::forbidden);
  EXPECT_TRUE(opens());
  ASSERT_TRUE(sign(cyd_));
  EXPECT_TRUE(execute(prepared->digest));
}

TEST_F(FactoryReset, C5IsNotConfirmedByMistake) {
  const auto digest = approved();
  EXPECT_EQ(execute(digest, "another.example").error().code, Code::forbidden);
  EXPECT_EQ(execute(digest, "").error().code, Code::forbidden);
  EXPECT_EQ(execute(digest.substr(0, 16)).error().code, Code::forbidden);
  EXPECT_EQ(execute(std::string(64, '0')).error().code, Code::forbidden);
  EXPECT_TRUE(opens());
  EXPECT_EQ(state(), "locked");
}

TEST_F(FactoryReset, C5AnApprovalIsOfOneMoment) {
  const auto digest = approved();
  clock_.advance(kResetValid);
  EXPECT_EQ(execute(digest).error().code, Code::wrong_state);
  // Prepared anew, it is another text: what was signed before counts no more.
  const auto again = prepare();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->officers.empty());
  EXPECT_NE(again->digest, digest);
  EXPECT_EQ(execute(again->digest).error().code, Code::forbidden);
  EXPECT_TRUE(opens());
}

TEST_F(FactoryReset, C5AnApprovalOfOneMachineIsNoneOfAnother) {
  const auto digest = approved();
  const auto file = reset_file(places_, *read_volume_record(places_.volume()));
  const auto proof = read_file(file, kMaxTranscript);
  // The same volume, officers and name, and another ceremony.
  clock_.advance(Seconds(1));
  provision({});
  ASSERT_TRUE(write_file_atomically(file, as_bytes(*proof)));
  const auto refused = execute(digest);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(opens());
  EXPECT_FALSE(verify(file));
}

TEST_F(FactoryReset, C5IsOffWhenSomethingElseWouldBeDestroyed) {
  const auto digest = approved();
  ASSERT_TRUE(luks::enrol(*volume_, key_, luks::recovery_text(luks::RecoverySecret::random(32, random_)),
                          luks::RecoveryRecord{}, luks::test::cheap()));
  EXPECT_EQ(execute(digest).error().code, Code::conflict);
  EXPECT_TRUE(opens());
}

TEST_F(FactoryReset, C5GoesOnAfterAPowerCutAndOpensNothingMeanwhile) {
  const auto digest = approved();
  const fs::path parked = directory_ / "parked";
  const auto record = read_volume_record(places_.volume());
  // The disk is another one when its turn comes.
  fs::rename(device(), parked);
  make_empty(device());
  std::fstream(device(), std::ios::in | std::ios::out).write("somebody's data", 15);
  EXPECT_EQ(execute(digest).error().code, Code::conflict);
  fs::remove(device());
  fs::rename(parked, device());
  // The proof is complete, and then the power goes.
  auto proof = TranscriptFile::open(reset_file(places_, *record), clock_);
  ASSERT_TRUE(
      proof->append({.event = std::string(kResetConfirmed),
                     .step = {},
                     .facts = {{"typed", "box.example"}, {"digest", digest}, {"audit_key", "does not answer"}}}));
  EXPECT_EQ(state(), "failed");
  EXPECT_EQ(unlock(places_, {}, clock_, terminal_).error().code, Code::wrong_state);
  EXPECT_EQ(prepare().error().code, Code::wrong_state);
  EXPECT_EQ(sign(cyd_).error().code, Code::wrong_state);
  // Half of the header is gone.
  std::fstream(device(), std::ios::in | std::ios::out).write(std::string(4096, '\0').data(), 4096);
  ASSERT_TRUE(execute({}, {}));
  EXPECT_FALSE(opens());
  EXPECT_EQ(state(), "unprovisioned");
  EXPECT_EQ(execute({}, {}).error().code, Code::not_found);
}

TEST_F(FactoryReset, C5DestroysTheKeysInTheHsmAndLooksForThem) {
  const hsm::test::SoftHsmToken token;
  const auto config = token.config();
  HsmPlan plan{.token_uri = config.token_uri, .module = config.module};
  for (const auto& [name, value] : config.environment) plan.module_environment.push_back(name + "=" + value);
  places_.hsm_worker = config.worker;
  {
    const SystemClock clock;
    StderrSink sink;
    Logger log(sink, clock, LogLevel::error);
    const auto client = hsm::Client::start(config, clock, log);
    ASSERT_TRUE(client) << client.error().describe();
    const auto made = sync_wait([](hsm::Client& held) -> Task<Status> {
      for (const KeyVersion version : {1U, 2U}) KAITO_CO_CHECK(co_await held.create_platform_kek(version));
      KAITO_CO_CHECK(co_await held.create_audit_key(1));
      KAITO_CO_CHECK(co_await held.create_backup_key(1));
      co_return Status{};
    }(**client));
    ASSERT_TRUE(made) << made.error().describe();
  }
  provision(plan);
  const auto digest = approved();
  EXPECT_NE(shown_.find("hsm-key: \"platform KEK 1\"\nhsm-key: \"platform KEK 2\"\nhsm-key: \"audit key 1\"\n"
                        "hsm-key: \"backup key 1\"\n"),
            std::string::npos)
      << shown_;
  const auto proof = execute(digest);
  ASSERT_TRUE(proof) << proof.error().describe();
  const auto left = keys_in_hsm(plan, places_, clock_);
  ASSERT_TRUE(left) << left.error().describe();
  EXPECT_TRUE(left->keys.empty());
}

TEST_F(FactoryReset, C5AnHsmThatIsGoneIsLeftOnlyWhenTheOfficersSaySo) {
  provision({.token_uri = "pkcs11:token=gone?pin-source=file:/nowhere", .module = directory_ / "no-module.so"});
  places_.hsm_worker = hsm::test::SoftHsmToken().config().worker;
  EXPECT_FALSE(prepare());
  ASSERT_TRUE(prepare_reset(places_, true, clock_, random_));
  ASSERT_TRUE(sign(ann_));
  EXPECT_NE(shown_.find("hsm: \"not asked: the keys in it stay"), std::string::npos);
  const auto state = sign(bob_);
  ASSERT_TRUE(execute(state->digest));
  EXPECT_FALSE(opens());
}

TEST_F(FactoryReset, IsNotForAMachineWithoutOfficers) {
  fs::remove(places_.transcript());
  auto transcript = TranscriptFile::open(places_.transcript(), clock_);
  ASSERT_TRUE(transcript->append({.event = "begin", .step = {}, .facts = {{"host_name", "box.example"}}}));
  ASSERT_TRUE(transcript->sign("note"));
  const auto refused = prepare();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("decommission"), std::string::npos);
}

}  // namespace
}  // namespace kaito::provisioning
