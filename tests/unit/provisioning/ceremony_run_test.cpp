#include "provisioning/ceremony_run.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "appliance/base/file.hpp"
#include "provisioning/decommissioning.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mode_switch.hpp"
#include "tests/fakes/scripted_terminal.hpp"

namespace kaito::provisioning {
namespace {

namespace fs = std::filesystem;

// A machine on which a ceremony begins and goes no further than its first step: the plan requires a TPM, and none is
// there.
class CeremonyRun : public testing::Test {
 protected:
  CeremonyRun() {
    std::string pattern = (fs::temp_directory_path() / "kaito-run-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    places_.boot = directory_ / "boot";
    places_.data = directory_ / "data";
    places_.maintenance = directory_ / "run" / "maintenance";
    places_.mapping = "kaito-test-" + directory_.filename().string();
    places_.tcti = "device:" + (directory_ / "no-tpm").string();
    plan_.host_names = {"box.example"};
    plan_.device = directory_ / "disk";
    plan_.recovery.terminal = true;
    plan_.tpm = TpmUse::required;
    other_ = plan_;
    other_.device = directory_ / "another-disk";
  }
  ~CeremonyRun() override { fs::remove_all(directory_); }

  Status run(const Plan& plan) {
    return run_ceremony(plan, places_, /*start_over=*/false, clock_, random_, terminal_, [](std::string_view) {});
  }

  fs::path directory_;
  Places places_;
  Plan plan_;
  Plan other_;
  SystemClock clock_;
  SystemRandom random_;
  kaito::test::ScriptedTerminal terminal_;
};

TEST_F(CeremonyRun, C5GoesOnWithItsOwnPlanOnly) {
  ASSERT_EQ(run(plan_).error().code, Code::wrong_state);  // of the step
  const auto refused = run(other_);
  ASSERT_EQ(refused.error().code, Code::conflict);
  EXPECT_NE(refused.error().detail.find("another plan"), std::string::npos);
  EXPECT_EQ(run(plan_).error().code, Code::wrong_state);
  EXPECT_TRUE(kept_plan(places_, clock_));
}

TEST_F(CeremonyRun, C5RefusesAPlanThatWasEditedBesideTheTranscript) {
  ASSERT_EQ(run(plan_).error().code, Code::wrong_state);
  const Places elsewhere = [this] {
    Places places = places_;
    places.boot = directory_ / "elsewhere";
    return places;
  }();
  static_cast<void>(run_ceremony(other_, elsewhere, false, clock_, random_, terminal_, [](std::string_view) {}));
  fs::copy_file(elsewhere.plan(), places_.plan(), fs::copy_options::overwrite_existing);
  const auto edited = begun_plan(places_);
  ASSERT_TRUE(edited);
  EXPECT_EQ(run(*edited).error().code, Code::conflict);
  EXPECT_EQ(kept_plan(places_, clock_).error().code, Code::integrity);
}

TEST_F(CeremonyRun, NothingChangesAMachineWhileAnotherKaitoBootDoes) {
  ASSERT_TRUE(make_private_directory(places_.boot));
  ASSERT_TRUE(write_volume_record(places_.volume(), {.uuid = "u", .device = plan_.device, .mode = {}, .hsm = {}}));
  {
    const auto held = lock_machine(places_);
    ASSERT_TRUE(held);
    EXPECT_EQ(run(plan_).error().code, Code::conflict);
    EXPECT_EQ(unlock(places_, {}, clock_, terminal_).error().code, Code::conflict);
    EXPECT_EQ(switch_mode(UnlockMode::attended, places_, {}, clock_, random_, terminal_).error().code, Code::conflict);
    EXPECT_EQ(decommission(places_, "word", {}, clock_, terminal_).error().code, Code::conflict);
  }
  EXPECT_EQ(unlock(places_, {}, clock_, terminal_).error().code, Code::wrong_state);
}

}  // namespace
}  // namespace kaito::provisioning
