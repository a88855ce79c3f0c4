#include "provisioning/disk.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::uint64_t kLeastBytes = 64ULL << 20U;

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
    if (is_open(session_.places)) return true;
    const auto disk = examine_disk(session_.plan.device);
    return disk && disk->serial == fact(facts, "serial") && std::to_string(disk->bytes) == fact(facts, "bytes");
  }
  Result<Facts> run() override {
    const Plan& plan = session_.plan;
    KAITO_TRY(const DiskFacts disk, examine_disk(plan.device));
    if (disk.bytes < kLeastBytes)
      return fail(Code::configuration,
                  fmt::format("{} has {} bytes; {} are needed", plan.device.string(), disk.bytes, kLeastBytes));
    if (!disk.content.empty() && plan.erase_serial != disk.confirmation(plan.device))
      return fail(Code::conflict,
                  fmt::format("{} holds {}. To erase it, confirm with its serial: \"erase_serial\": \"{}\"",
                              plan.device.string(), disk.content, disk.confirmation(plan.device)));
    return Facts{{"device", plan.device.string()},
                 {"serial", disk.serial},
                 {"model", disk.model},
                 {"bytes", std::to_string(disk.bytes)},
                 {"erased", disk.content.empty() ? "nothing" : disk.content}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> disk_step(Session& session) { return std::make_unique<DiskStep>(session); }

}  // namespace kaito::provisioning
