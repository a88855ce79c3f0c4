// The lease of unwrapped DEKs, seen from outside, once the HSM does not agree any more.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/scenario/must.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;
using SteadyClock = std::chrono::steady_clock;

class Lease : public testing::Test {
 protected:
  explicit Lease(std::string seconds = "3600")
      : stage_({"--dek-lease-seconds", std::move(seconds)}), org_(stage_, "Lease") {
    for (const char* secret : {"JBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQ"})
      seeds_.push_back(must(add_seed(org_.owner, org_.id, fmt::format("otpauth://totp/a?secret={}", secret))));
  }
  int code(std::size_t seed) {
    return must(org_.owner.send("GET", org_.path("/seeds/" + seeds_[seed] + "/code"))).status;
  }
  // A token that is taken away for good; no new worker finds it.
  void take_hsm_away() {
    const auto hsm = stage_.appliance.data() / "hsm";
    std::filesystem::rename(hsm, hsm.string() + ".away");
    ASSERT_EQ(::kill(stage_.appliance.worker_pid(), SIGKILL), 0);
  }

  Stage stage_;
  OrgOnStage org_;
  std::vector<std::string> seeds_;
};

TEST_F(Lease, WithinItCodesGoOnWithoutTheHsmAndForNoOtherSeed) {
  EXPECT_EQ(code(0), 200);
  take_hsm_away();
  EXPECT_EQ(code(0), 200);
  EXPECT_EQ(code(1), 503);
}

TEST_F(Lease, AnOwnerEndsItAtOnce) {
  EXPECT_EQ(code(0), 200);
  const auto strict = must(org_.owner.call("PATCH", org_.path(), json::object{{"dek_lease_seconds", 0}}));
  EXPECT_EQ(strict.at("dek_lease_seconds").to_number<int>(), 0);
  take_hsm_away();
  EXPECT_EQ(code(0), 503);
}

TEST_F(Lease, ManyCodesAtOnceUseItToo) {
  EXPECT_EQ(code(0), 200);
  take_hsm_away();
  const auto first = json::object{{"seeds", {seeds_[0]}}};
  EXPECT_EQ(must(org_.owner.send("POST", org_.path("/codes"), first)).status, 200);
  const auto both = json::object{{"seeds", {seeds_[0], seeds_[1]}}};
  EXPECT_EQ(must(org_.owner.send("POST", org_.path("/codes"), both)).status, 503);
}

TEST_F(Lease, StaffSeeHowOftenItHelped) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code(0), 200);
  const auto status = must(stage_.officer.call("GET", "/v1/status"));
  EXPECT_EQ(status.at("hsm").at("leases").to_number<int>(), 1);
  EXPECT_EQ(status.at("hsm").at("lease_hits").to_number<int>(), 2);
  EXPECT_EQ(status.at("hsm").at("lease_misses").to_number<int>(), 1);
}

class ShortLease : public Lease {
 protected:
  ShortLease() : Lease("2") {}
};

TEST_F(ShortLease, UseDoesNotExtendIt) {
  const auto unwrapped = SteadyClock::now();
  EXPECT_EQ(code(0), 200);
  take_hsm_away();
  int status = 200;
  // Read all the time, until it is refused.
  while (status == 200 && SteadyClock::now() - unwrapped < Seconds(60)) status = code(0);
  const auto lasted = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - unwrapped);
  EXPECT_EQ(status, 503);
  EXPECT_GE(lasted, Seconds(2));
  fmt::print("lease of 2 s: the first refusal came {} ms after the unwrap\n", lasted.count());
}

}  // namespace
}  // namespace kaito::test
