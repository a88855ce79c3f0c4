#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "provisioning/ceremony.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace kaito::provisioning {
namespace {

namespace fs = std::filesystem;

// A step that counts its runs and can be told to fail.
struct Told {
  int runs = 0;
  bool fails = false;
  bool holds = true;
};
class ToldStep final : public Step {
 public:
  ToldStep(std::string name, Told& told) : name_(std::move(name)), told_(told) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string intent() const override { return "This step does what the test says."; }
  bool still_holds(const Facts& facts) override { return told_.holds && fact(facts, "of") == name_; }
  Result<Facts> run() override {
    ++told_.runs;
    if (told_.fails) return fail(Code::wrong_state, "told to");
    return Facts{{"of", name_}};
  }

 private:
  std::string name_;
  Told& told_;
};

class Ceremony : public testing::Test {
 protected:
  Ceremony() {
    std::string pattern = (fs::temp_directory_path() / "kaito-ceremony-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    for (std::size_t i = 0; i < told_.size(); ++i)
      steps_.push_back(std::make_unique<ToldStep>(std::string(1, static_cast<char>('a' + i)), told_[i]));
  }
  ~Ceremony() override { fs::remove_all(directory_); }

  // As kaito-boot does at each start: everything from the disk.
  Status run() {
    KAITO_TRY(auto transcript, TranscriptFile::open(directory_ / "transcript", clock_));
    return run_steps(transcript, steps_, [&](std::string_view line) { said_.emplace_back(line); });
  }
  [[nodiscard]] std::array<int, 3> runs() const { return {told_[0].runs, told_[1].runs, told_[2].runs}; }

  test::ManualClock clock_;
  fs::path directory_;
  std::array<Told, 3> told_;
  Steps steps_;
  std::vector<std::string> said_;
};

TEST_F(Ceremony, AnnouncesEachStepAtItsBeginningAndItsEnd) {
  ASSERT_TRUE(run());
  EXPECT_EQ(said_[0], "== step a");
  EXPECT_EQ(said_[2], "== done a");
  EXPECT_EQ(said_.size(), 9U);
}

TEST_F(Ceremony, C5GoesOnWithTheStepThatFailed) {
  told_[1].fails = true;
  const auto failed = run();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::wrong_state);
  EXPECT_EQ(runs(), (std::array{1, 1, 0}));
  told_[1].fails = false;
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{1, 2, 1}));
}

TEST_F(Ceremony, RunsNothingAgainThatHolds) {
  ASSERT_TRUE(run());
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{1, 1, 1}));
}

TEST_F(Ceremony, C5RunsEverythingBehindAStepThatHoldsNoMore) {
  ASSERT_TRUE(run());
  told_[1].holds = false;
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{1, 2, 2}));
}

TEST_F(Ceremony, C5DoesNotTakeAStepForDoneWhoseForerunnerWasDoneAnewSince) {
  ASSERT_TRUE(run());
  told_[1].holds = false;
  told_[2].fails = true;  // as a power cut between the two
  ASSERT_FALSE(run());
  told_[1].holds = true;
  told_[2].fails = false;
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{1, 2, 3}));
  told_[0].holds = false;
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{2, 3, 4}));
}

TEST_F(Ceremony, C5IsOutdatedFromTheStepThatWasBegunAnewWhenThePowerWent) {
  ASSERT_TRUE(run());
  auto transcript = TranscriptFile::open(directory_ / "transcript", clock_);
  ASSERT_TRUE(transcript->append({.event = "step-begun", .step = "a", .facts = {}}));
  EXPECT_EQ(next_step(*transcript, steps_)->name(), "a");
  ASSERT_TRUE(run());
  EXPECT_EQ(runs(), (std::array{2, 2, 2}));
}

TEST_F(Ceremony, AddsNothingToASignedTranscript) {
  ASSERT_TRUE(run());
  auto transcript = TranscriptFile::open(directory_ / "transcript", clock_);
  ASSERT_TRUE(transcript->sign("a note"));
  EXPECT_FALSE(transcript->append({.event = "begin", .step = {}, .facts = {}}));
  EXPECT_EQ(run().error().code, Code::wrong_state);
}

TEST_F(Ceremony, RefusesATranscriptThatWasAltered) {
  ASSERT_TRUE(run());
  std::fstream file(directory_ / "transcript", std::ios::in | std::ios::out);
  file.seekp(100);
  file.put('#');
  file.close();
  EXPECT_EQ(run().error().code, Code::integrity);
}

}  // namespace
}  // namespace kaito::provisioning
