// kaitod that cannot start says why, in its exit code and on its last line, and spoils nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "appliance/base/file.hpp"
#include "provisioning/transcript/transcript_line.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

const std::vector<std::string> kAnyPort{"--address", "127.0.0.1", "--port", "0"};

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

TEST(Start, F8AWrongPinIsTriedOnceAndTheRightOneWorksAfterwards) {
  Stage stage;
  OrgOnStage org(stage, "Pin");
  const auto seed = must(add_seed(org.owner, org.id, "otpauth://totp/kept?secret=JBSWY3DPEHPK3PXP"));
  stage.appliance.kill(SIGTERM);
  ASSERT_EQ(stage.appliance.wait(), 0);

  const auto pin_file = stage.appliance.data() / "hsm" / "user.pin";
  const auto pin = must(read_file(pin_file, 1024));
  must(write_file_atomically(pin_file, as_bytes("not-the-pin\n")));
  const auto refused = run_kaitod("run", stage.appliance.data(), kAnyPort);
  EXPECT_EQ(refused.exit_code, traits(Code::hsm_pin_rejected).exit_code) << refused.output;
  EXPECT_EQ(refused.exit_code, 10);
  EXPECT_THAT(last_line(refused.output), testing::HasSubstr("PIN")) << refused.output;
  EXPECT_THAT(refused.output, testing::Not(testing::HasSubstr("not-the-pin")));
  // Each worker makes one attempt, so one start of a worker is one attempt.
  EXPECT_EQ(count(refused.output, "hsm.worker.started"), 1U) << refused.output;

  must(write_file_atomically(pin_file, as_bytes(pin)));
  stage.appliance.start();
  const auto timed = TimedCode::of(must(org.owner.call("GET", org.path("/seeds/" + seed + "/code"))));
  EXPECT_EQ(timed.code, reference_code({.secret = "JBSWY3DPEHPK3PXP", .at = to_unix_s(timed.valid_from)}));
}

TEST(Start, ASecondKaitodOnTheSameDataIsRefusedAndTheFirstServesOn) {
  Stage stage;
  const auto second = run_kaitod("run", stage.appliance.data(), kAnyPort);
  EXPECT_EQ(second.exit_code, 18) << second.output;
  EXPECT_THAT(last_line(second.output), testing::HasSubstr("another kaitod")) << second.output;
  EXPECT_EQ(must(stage.officer.send("GET", "/v1/status")).status, 200);
}

TEST(Start, WithoutASetUpItSaysSo) {
  const TestAppliance other;  // for a directory that is removed at the end
  const auto finished = run_kaitod("run", other.directory() / "empty", kAnyPort);
  EXPECT_EQ(finished.exit_code, 18) << finished.output;
  EXPECT_THAT(last_line(finished.output), testing::HasSubstr("kaitod setup")) << finished.output;
}

TEST(Start, AWrongOptionIsNamed) {
  const TestAppliance other;
  auto options = kAnyPort;
  options.emplace_back("--colour=blue");
  const auto finished = run_kaitod("run", other.directory() / "empty", options);
  EXPECT_EQ(finished.exit_code, 2) << finished.output;
  EXPECT_THAT(last_line(finished.output), testing::HasSubstr("--colour")) << finished.output;
}

TEST(Start, C5TheInventoryCountsWhatAFactoryResetDestroys) {
  Stage stage;
  OrgOnStage one(stage, "One");
  const OrgOnStage two(stage, "Two");
  for (const auto* uri : {"otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "otpauth://totp/b?secret=GEZDGNBVGY3TQOJQ"})
    must(add_seed(one.owner, one.id, uri));
  EXPECT_EQ(run_kaitod("inventory", stage.appliance.data()).exit_code, 18) << "while another kaitod serves";
  stage.appliance.kill(SIGTERM);
  ASSERT_EQ(stage.appliance.wait(), 0);
  const auto counted = run_kaitod("inventory", stage.appliance.data());
  EXPECT_EQ(counted.exit_code, 0) << counted.output;
  EXPECT_THAT(counted.output, testing::HasSubstr(R"("orgs":2,"seeds":2})"));
}

TEST(Start, ATranscriptsSignatureIsRecordedAndThereAreNotAnyNumberOfThem) {
  Stage stage;
  stage.appliance.kill(SIGTERM);
  ASSERT_EQ(stage.appliance.wait(), 0);
  const provisioning::TranscriptLine line{
      .seq = 0, .previous = {}, .time = {}, .event = {.event = "begin", .step = {}, .facts = {{"ceremony", "test"}}}};
  const std::string transcript = provisioning::to_text(line) + "\n";
  const auto sign = [&] {
    return run_program({KAITO_KAITOD, "sign-transcript", "--data-dir", stage.appliance.data().string(), "--hsm-worker",
                        KAITO_HSM_WORKER},
                       transcript);
  };
  std::set<int> codes;
  int signatures = 0;
  // A day may begin in between, and then it counts from zero.
  for (; codes.empty() && signatures <= 2 * 16; ++signatures) {
    const auto finished = sign();
    if (finished.exit_code != 0) codes.insert(finished.exit_code);
    if (finished.exit_code == 0) EXPECT_THAT(finished.output, testing::HasSubstr("kaito/ceremony-transcript/v1"));
  }
  EXPECT_EQ(codes, std::set<int>{7});
  EXPECT_GE(signatures, 17);
  stage.appliance.start();
  const auto log = must(stage.officer.send("GET", "/v1/audit/export")).body;
  EXPECT_EQ(count(log, R"("action":"transcript.sign")"), static_cast<std::size_t>(signatures - 1));
  EXPECT_THAT(log, testing::HasSubstr(to_hex(provisioning::hash_line(transcript.substr(0, transcript.size() - 1)))));
}

TEST(Start, SetUpMayBeRunAgainAndChangesNothing) {
  Stage stage;
  OrgOnStage org(stage, "Twice");
  const auto seed = must(add_seed(org.owner, org.id, "otpauth://totp/kept?secret=JBSWY3DPEHPK3PXP"));
  stage.appliance.kill(SIGTERM);
  ASSERT_EQ(stage.appliance.wait(), 0);
  const auto again = run_kaitod("setup", stage.appliance.data());
  EXPECT_EQ(again.exit_code, 0) << again.output;
  stage.appliance.start();
  EXPECT_TRUE(org.owner.call("GET", org.path("/seeds/" + seed + "/code")).has_value());
}

}  // namespace
}  // namespace kaito::test
