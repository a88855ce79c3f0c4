#include "provisioning/officers.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class OfficersStep final : public Step {
 public:
  explicit OfficersStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "officers"; }
  [[nodiscard]] std::string intent() const override {
    return fmt::format("This step enrols the security keys of {} officers, any {} of whom open the volume.",
                       session_.plan.officers->officers.size(), session_.plan.officers->threshold);
  }
  [[nodiscard]] bool wanted() const override { return session_.plan.officers.has_value(); }
  Result<Facts> run() override {
    KAITO_TRY(luks::Volume* const volume, session_.volume());
    KAITO_TRY(const luks::VolumeKey* const key, session_.key());
    return enrol_officers(*volume, *key, *session_.plan.officers, session_.terminal, session_.random);
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> officers_step(Session& session) { return std::make_unique<OfficersStep>(session); }

}  // namespace kaito::provisioning
