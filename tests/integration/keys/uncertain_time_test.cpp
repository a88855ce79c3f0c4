// Codes while the clock is not sure, with the fake kernel's time.
#include "appliance/vault/codes.hpp"
#include "tests/fakes/manual_time_source.hpp"
#include "tests/integration/keys/key_test.hpp"

namespace kaito::keys {
namespace {

class UncertainTime : public KeyTest {
 protected:
  UncertainTime() : id_(add_org("Acme").id), seeds_(add_seeds(id_, "Acme", 2)) {
    source_.uncertainty = Milliseconds(40);
    EXPECT_TRUE(time_.look());
  }
  void set_uncertainty(std::optional<Milliseconds> uncertainty) {
    source_.uncertainty = uncertainty;
    must(time_.look());
  }
  auth::Permit owner(std::string_view action) const {
    return auth::PermitForTest::make(
        auth::Principal(auth::MemberPrincipal{.org = id_, .role = store::MemberRole::owner, .groups = std::nullopt}),
        id_, action);
  }
  Code refusal() {
    const auto read = sync_wait(codes().read(owner("seed.code.read"), seeds_[0], false));
    const auto many = sync_wait(codes().read_many(owner("seed.codes.read"), seeds_));
    EXPECT_FALSE(read);
    EXPECT_FALSE(many);
    if (read || many) return Code::internal;
    EXPECT_EQ(read.error().code, many.error().code);
    return read.error().code;
  }
  vault::Codes codes() { return {*store_, *journal_, *opener_, clock_, time_, Seconds(0)}; }

  test::ManualTimeSource source_;
  timekeeping::TimeWatch time_{source_, {.max_uncertainty = Milliseconds(250), .max_jump = Milliseconds(1000)}};
  const OrgId id_;
  const std::vector<SeedId> seeds_;
};

TEST_F(UncertainTime, ACodeStatesHowFarItsTimeMayBeOff) {
  auto service = codes();
  const auto read = must(must(sync_wait(service.read(owner("seed.code.read"), seeds_[0], false))).result);
  EXPECT_EQ(read.time_uncertainty, Milliseconds(40));
  const auto many = must(must(sync_wait(service.read_many(owner("seed.codes.read"), seeds_))).result);
  for (const auto& one : many) EXPECT_EQ(one.code->time_uncertainty, Milliseconds(40));
}

TEST_F(UncertainTime, NoCodeIsGivenAboveTheLimitOrWhenNothingIsKnownAndAgainAfterwards) {
  set_uncertainty(Milliseconds(251));
  EXPECT_EQ(refusal(), Code::time_uncertain);
  set_uncertainty(std::nullopt);
  EXPECT_EQ(refusal(), Code::time_uncertain);
  set_uncertainty(Milliseconds(250));
  auto service = codes();
  EXPECT_TRUE(sync_wait(service.read(owner("seed.code.read"), seeds_[0], false)));
}

}  // namespace
}  // namespace kaito::keys
