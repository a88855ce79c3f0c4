#include "luks/ways/enrolment.hpp"
#include "luks/ways/tpm2.hpp"
#include "provisioning/enrolling.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class TpmStep final : public Step {
 public:
  explicit TpmStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "tpm2"; }
  [[nodiscard]] std::string intent() const override {
    return "This step lets the TPM open the volume while the machine's Secure Boot state is as it is now.";
  }
  [[nodiscard]] bool wanted() const override {
    return session_.plan.mode == UnlockMode::unattended && session_.plan.tpm != TpmUse::none;
  }
  Result<Facts> run() override {
    // `required` was checked with the machine; what is gone since then is an error below.
    if (session_.plan.tpm == TpmUse::if_present && !luks::Tpm2::connect(session_.places.tcti))
      return Facts{{"enrolled", "no: there is no TPM"}};
    KAITO_TRY(luks::Volume* const volume, session_.volume());
    KAITO_TRY(const luks::VolumeKey* const key, session_.key());
    return enrol_tpm(*volume, *key, session_.plan.pcrs, session_.places.tcti, session_.random);
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> tpm_step(Session& session) { return std::make_unique<TpmStep>(session); }

}  // namespace kaito::provisioning
