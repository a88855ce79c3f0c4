#include "provisioning/enrolling.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class HsmWayStep final : public Step {
 public:
  explicit HsmWayStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "hsm-unlock"; }
  [[nodiscard]] std::string intent() const override {
    return "This step lets the HSM open the volume: whoever has the disk needs the HSM too.";
  }
  [[nodiscard]] bool wanted() const override {
    return session_.plan.hsm.unlock && session_.plan.mode == UnlockMode::unattended;
  }
  Result<Facts> run() override {
    KAITO_TRY(luks::Volume* const volume, session_.volume());
    KAITO_TRY(const luks::VolumeKey* const key, session_.key());
    return enrol_hsm(*volume, *key, session_.plan.hsm, session_.places, session_.clock, session_.random);
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> hsm_way_step(Session& session) { return std::make_unique<HsmWayStep>(session); }

}  // namespace kaito::provisioning
