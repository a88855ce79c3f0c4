#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class StaffStep final : public Step {
 public:
  explicit StaffStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "staff"; }
  [[nodiscard]] std::string intent() const override {
    return fmt::format(
        "This step says how the first security officer enrols: from its first start, kaitod keeps a one-time token in "
        "{}; kaito staff enrol --token-file takes it.",
        session_.places.setup_token().string());
  }
  Result<Facts> run() override { return Facts{{"setup_token_file", session_.places.setup_token().string()}}; }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> staff_step(Session& session) { return std::make_unique<StaffStep>(session); }

}  // namespace kaito::provisioning
