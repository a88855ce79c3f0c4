// C5: the steps that make the volume and its ways, on a file and a TPM in software, through ends at any point.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "appliance/base/unique_fd.hpp"
#include "provisioning/share_delivery.hpp"
#include "provisioning/steps/steps.hpp"
#include "provisioning/volume_record.hpp"
#include "tests/fakes/scripted_terminal.hpp"
#include "tests/integration/luks/soft_tpm.hpp"

namespace kaito::provisioning {
namespace {

namespace fs = std::filesystem;

class VolumeSteps : public testing::Test {
 protected:
  VolumeSteps() {
    std::string pattern = (fs::temp_directory_path() / "kaito-steps-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    fs::create_directories(directory_ / "tpm");
    fs::create_directories(directory_ / "boot");
    plan_.host_names = {"box.example"};
    plan_.device = directory_ / "disk";
    plan_.recovery.descriptor = shares_.get();
    std::ofstream(plan_.device).close();
    fs::resize_file(plan_.device, 64U << 20U);
    places_.boot = directory_ / "boot";
    places_.mapping = "kaito-test-" + directory_.filename().string();
  }
  ~VolumeSteps() override { fs::remove_all(directory_); }

  void SetUp() override {
    if (!luks::test::SoftTpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm_.emplace(directory_ / "tpm");
    places_.tcti = tpm_->tcti();
  }

  // One run of kaito-boot, up to the TPM's step.
  Status run() { return run({disk_step, volume_step, tpm_step}); }
  Status run(std::initializer_list<std::unique_ptr<Step> (*)(Session&)> makes) {
    Session session(plan_, places_, clock_, random_, terminal_);
    session.recovery_cost = luks::KdfCost::for_random_secret();
    Steps steps;
    for (const auto make : makes) steps.push_back(make(session));
    KAITO_TRY(auto transcript, TranscriptFile::open(places_.transcript(), clock_));
    session.volume_begun = transcript.begun("volume");
    return run_steps(transcript, steps, [this](std::string_view line) { said_ += fmt::format("{}\n", line); });
  }
  [[nodiscard]] luks::Volume volume() const { return luks::Volume::load(plan_.device).value(); }
  [[nodiscard]] bool opens_by_tpm() const {
    const auto loaded = volume();
    const auto way = open_by_tpm(loaded, places_.tcti);
    return way && loaded.unlock(way->secret, way->keyslot);
  }
  // What the shares' descriptor was given.
  [[nodiscard]] std::vector<luks::RecoveryShare> handed_out() const {
    std::string text(8192, '\0');
    text.resize(static_cast<std::size_t>(::pread(shares_.get(), text.data(), text.size(), 0)));
    std::istringstream lines(text);
    std::vector<luks::RecoveryShare> shares;
    for (std::string line; std::getline(lines, line);)
      shares.push_back(luks::parse_share_text(Passphrase::copy_of(line.substr(line.find(": ") + 2))).value());
    return shares;
  }

  fs::path directory_;
  UniqueFd shares_{::memfd_create("shares", 0)};  // handed over, as a shell would
  SystemClock clock_;
  SystemRandom random_;
  kaito::test::ScriptedTerminal terminal_;
  Plan plan_;
  Places places_;
  std::optional<luks::test::SoftTpm> tpm_;
  std::string said_;
};

TEST_F(VolumeSteps, C5MakeAVolumeThatTheTpmAndAnyTwoSharesOpen) {
  const auto done = run();
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_TRUE(opens_by_tpm());
  auto shares = handed_out();
  ASSERT_EQ(shares.size(), 3U);
  shares.erase(shares.begin());
  const auto loaded = volume();
  const auto way = open_by_shares(loaded, std::move(shares));
  ASSERT_TRUE(way) << way.error().describe();
  EXPECT_TRUE(loaded.unlock(way->secret, way->keyslot));
}

TEST_F(VolumeSteps, C5AreNotRunAgainWhileTheTpmGivesTheKey) {
  ASSERT_TRUE(run());
  const std::string uuid = volume().facts().uuid;
  ASSERT_TRUE(run());
  EXPECT_EQ(volume().facts().uuid, uuid);
  EXPECT_EQ(said_.find("== step volume"), said_.rfind("== step volume"));
}

TEST_F(VolumeSteps, C5StartCleanWhenNothingGivesTheKeyAnyMore) {
  plan_.tpm = TpmUse::none;
  plan_.mode = UnlockMode::attended;
  ASSERT_TRUE(run());
  const std::string uuid = volume().facts().uuid;
  ASSERT_TRUE(run());
  EXPECT_NE(volume().facts().uuid, uuid);
  const auto shares = handed_out();
  ASSERT_EQ(shares.size(), 6U);
  EXPECT_NE(to_hex(shares.front().set), to_hex(shares.back().set));
  std::vector<luks::RecoveryShare> old;
  for (std::size_t i = 0; i < 2; ++i) old.push_back(luks::parse_share_text(luks::share_text(shares[i])).value());
  EXPECT_EQ(open_by_shares(volume(), std::move(old)).error().code, Code::unauthenticated);
}

TEST_F(VolumeSteps, C5AnEnrolmentThatWasCutOffIsDoneAnewWithoutLeavingsOfTheFirst) {
  ASSERT_TRUE(run());
  auto transcript = TranscriptFile::open(places_.transcript(), clock_);
  ASSERT_TRUE(transcript->append({.event = "step-begun", .step = "tpm2", .facts = {}}));
  ASSERT_TRUE(run());
  EXPECT_TRUE(opens_by_tpm());
  EXPECT_EQ(volume().facts().keyslots.size(), 2U);
  EXPECT_EQ(volume().facts().tokens.size(), 2U);
}

TEST_F(VolumeSteps, RefuseADiskThatHoldsSomethingUntilItIsGivenUp) {
  std::fstream(plan_.device, std::ios::in | std::ios::out).write("somebody's data", 15);
  const auto refused = run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_NE(refused.error().detail.find("erase_serial"), std::string::npos);
  plan_.erase_serial = "another disk's";
  EXPECT_FALSE(run());
  plan_.erase_serial = plan_.device.string();
  EXPECT_TRUE(run());
}

TEST_F(VolumeSteps, RefuseADiskThatHoldsSomethingSinceItWasExamined) {
  ASSERT_TRUE(run({disk_step}));
  std::fstream(plan_.device, std::ios::in | std::ios::out).write("somebody's data", 15);
  const auto refused = run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_NE(refused.error().detail.find("step volume"), std::string::npos);
  std::string kept(15, '\0');
  std::ifstream(plan_.device).read(kept.data(), 15);
  EXPECT_EQ(kept, "somebody's data");
}

TEST_F(VolumeSteps, C5StartCleanFromAVolumeThatWasHalfMadeWhenThePowerWent) {
  ASSERT_TRUE(run({disk_step}));
  auto transcript = TranscriptFile::open(places_.transcript(), clock_);
  ASSERT_TRUE(transcript->append({.event = "step-begun", .step = "volume", .facts = {}}));
  std::fstream(plan_.device, std::ios::in | std::ios::out).write("half a header", 13);
  const auto done = run();
  ASSERT_TRUE(done) << done.error().describe();
  EXPECT_TRUE(opens_by_tpm());
}

TEST_F(VolumeSteps, RefuseToLeaveSharesOnTheMachinesOwnDisk) {
  plan_.recovery = {.directory = directory_};
  const auto refused = run();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::configuration);
  EXPECT_NE(refused.error().detail.find("own disk"), std::string::npos);
}

TEST_F(VolumeSteps, PutNoSecretIntoTheTranscriptOrTheOutput) {
  ASSERT_TRUE(run());
  // All that the machine keeps unencrypted, and all that was said.
  std::string text = said_ + terminal_.out + terminal_.err;
  for (const auto& entry : fs::directory_iterator(places_.boot)) {
    std::ifstream file(entry.path());
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  ASSERT_NE(text.find("recovery shares opened the volume"), std::string::npos);
  std::vector<std::string> secrets;
  auto shares = handed_out();
  ASSERT_EQ(shares.size(), 3U);
  for (const auto& share : shares) {
    const ByteView raw = share.share.y.expose_secret();
    for (std::string spelling : {to_hex(raw), to_base64(raw), to_base64url(raw), std::string(as_text(raw))})
      secrets.push_back(std::move(spelling));
    const Passphrase printed = luks::share_text(share);
    secrets.emplace_back(as_text(printed.expose_secret()));
  }
  shares.pop_back();
  const auto loaded = volume();
  secrets.emplace_back(as_text(open_by_shares(loaded, std::move(shares))->secret.expose_secret()));
  secrets.emplace_back(as_text(open_by_tpm(loaded, places_.tcti)->secret.expose_secret()));
  for (const auto& secret : secrets) {
    ASSERT_GE(secret.size(), 16U);
    EXPECT_EQ(text.find(secret), std::string::npos);
  }
}

TEST_F(VolumeSteps, AVolumeRecordReadsWhatItWrites) {
  const VolumeRecord record{.uuid = "u", .device = "/dev/x", .mode = UnlockMode::attended, .hsm = {}};
  ASSERT_TRUE(write_volume_record(places_.volume(), record));
  const auto read = read_volume_record(places_.volume());
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->device, record.device);
  EXPECT_EQ(read->mode, UnlockMode::attended);
}

}  // namespace
}  // namespace kaito::provisioning
