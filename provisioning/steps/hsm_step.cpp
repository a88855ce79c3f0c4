#include "hsm/client/find_worker.hpp"
#include "hsm/client/module_environment.hpp"
#include "hsm/client/one_shot.hpp"
#include "hsm/client/softhsm_config.hpp"
#include "provisioning/hsm_token.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class HsmStep final : public Step {
 public:
  explicit HsmStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "hsm"; }
  [[nodiscard]] std::string intent() const override {
    return session_.plan.hsm.embedded()
               ? "This step sees that the embedded token's module and the worker are installed."
               : "This step examines the HSM with known answers, as kaito hsm doctor does, and changes nothing in it.";
  }
  Result<Facts> run() override {
    if (session_.plan.hsm.embedded()) {
      KAITO_CHECK(hsm::find_worker(session_.places.hsm_worker));
      KAITO_TRY(const auto module, hsm::find_softhsm_module());
      return Facts{{"kind", "embedded"}, {"module", module.string()}};
    }
    KAITO_TRY(const auto config, token_config(session_.plan.hsm, session_.places));
    KAITO_TRY(const auto report, hsm::examine_token(config, Milliseconds(500)));
    if (!report.unfit.empty()) return fail(Code::hsm_unsupported, "the HSM does not serve: " + report.unfit);
    return Facts{{"kind", "external"},    {"label", report.label},       {"serial", report.serial},
                 {"model", report.model}, {"firmware", report.firmware}, {"org_keks", report.org_keks},
                 {"deks", report.deks},   {"audit", report.audit}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> hsm_step(Session& session) { return std::make_unique<HsmStep>(session); }

}  // namespace kaito::provisioning
