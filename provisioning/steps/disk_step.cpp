#include "provisioning/disk.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

class DiskStep final : public Step {
 public:
  explicit DiskStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "disk"; }
  [[nodiscard]] std::string intent() const override {
    return fmt::format("This step looks at {} and refuses it when something lies on it that nobody has given up.",
                       session_.plan.device.string());
  }
  // The same disk is still there. Whether what lies on it by now is ours, the next step asks before it formats it.
  bool still_holds(const Facts& facts) override {
    session_.disk = facts;
    if (is_open(session_.places)) return true;
    const auto disk = examine_disk(session_.plan.device);
    return disk && disk->serial == fact(facts, "serial") && std::to_string(disk->bytes) == fact(facts, "bytes");
  }
  Result<Facts> run() override {
    const Plan& plan = session_.plan;
    KAITO_TRY(const DiskFacts disk, examine_for_format(plan, /*volume_begun=*/false));
    session_.disk = Facts{{"device", plan.device.string()},
                          {"serial", disk.serial},
                          {"model", disk.model},
                          {"bytes", std::to_string(disk.bytes)},
                          {"erased", disk.content.empty() ? "nothing" : disk.content}};
    return session_.disk;
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> disk_step(Session& session) { return std::make_unique<DiskStep>(session); }

}  // namespace kaito::provisioning
