// C3: the volume opened through an external HSM, SoftHSM2 behind its worker process.
#include "provisioning/token_key.hpp"

#include "provisioning/enrolling.hpp"
#include "provisioning/opened_way.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::provisioning {
namespace {

class TokenKeyTest : public luks::test::VolumeFile {
 protected:
  [[nodiscard]] static HsmPlan plan_for(const hsm::test::SoftHsmToken& token) {
    const auto config = token.config();
    HsmPlan plan{.token_uri = config.token_uri, .module = config.module, .unlock = true};
    for (const auto& [name, value] : config.environment) plan.module_environment.push_back(name + "=" + value);
    return plan;
  }
  [[nodiscard]] Places places() const { return {.hsm_worker = token_.config().worker}; }

  SystemClock clock_;
  hsm::test::SoftHsmToken token_;
};

TEST_F(TokenKeyTest, C3OpensTheVolumeInAnotherRunOfTheWorker) {
  const auto facts = enrol_hsm(*volume_, key_, plan_for(token_), places(), clock_, random_);
  ASSERT_TRUE(facts) << facts.error().describe();
  const auto loaded = luks::Volume::load(device());
  const auto way = open_by_hsm(*loaded, plan_for(token_), places(), clock_);
  ASSERT_TRUE(way) << way.error().describe();
  EXPECT_TRUE(*loaded->unlock(way->secret, way->keyslot) == key_);
}

TEST_F(TokenKeyTest, C3AnotherTokensKeyOpensNothing) {
  ASSERT_TRUE(enrol_hsm(*volume_, key_, plan_for(token_), places(), clock_, random_));
  const hsm::test::SoftHsmToken other("other");
  EXPECT_FALSE(open_by_hsm(*volume_, plan_for(other), places(), clock_));
}

TEST_F(TokenKeyTest, EnrolledAgainItReplacesWhatWasThere) {
  ASSERT_TRUE(enrol_hsm(*volume_, key_, plan_for(token_), places(), clock_, random_));
  ASSERT_TRUE(enrol_hsm(*volume_, key_, plan_for(token_), places(), clock_, random_));
  EXPECT_EQ(volume_->facts().keyslots.size(), 2U);
  ASSERT_TRUE(remove_ways(*volume_, "hsm"));
  EXPECT_EQ(open_by_hsm(*volume_, plan_for(token_), places(), clock_).error().code, Code::not_found);
}

}  // namespace
}  // namespace kaito::provisioning
