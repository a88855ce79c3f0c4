#include "provisioning/service_settings.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class KeysStep final : public Step {
 public:
  explicit KeysStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "keys"; }
  [[nodiscard]] std::string intent() const override {
    return session_.plan.hsm.embedded()
               ? "This step makes the embedded token with PINs that nobody sees, the platform KEK, the audit key and "
                 "the backup key in it, and the database."
               : "This step makes the platform KEK, the audit key and the backup key in the HSM, and the database.";
  }
  // kaitod's set-up leaves what is there as it is.
  Result<Facts> run() override {
    KAITO_CHECK(write_service_settings(session_.plan, session_.places));
    KAITO_CHECK(run_kaitod(session_.places, "setup"));
    return Facts{{"keys", "platform KEK, audit key, backup key"},
                 {"in", session_.plan.hsm.embedded() ? "the embedded token, on the volume" : "the HSM"}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> keys_step(Session& session) { return std::make_unique<KeysStep>(session); }

}  // namespace kaito::provisioning
