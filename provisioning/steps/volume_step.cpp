#include "luks/ways/enrolment.hpp"
#include "luks/ways/recovery_key.hpp"
#include "provisioning/disk.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/share_delivery.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

// Format and recovery shares are one step: a volume that no way opens would be worth nothing.
class VolumeStep final : public Step {
 public:
  explicit VolumeStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "volume"; }
  [[nodiscard]] std::string intent() const override {
    const auto& recovery = session_.plan.recovery;
    return fmt::format(
        "This step erases {}, makes an encrypted volume there, and hands out {} recovery shares, any {} of which open "
        "it. Shares of an earlier run are worthless then.",
        session_.plan.device.string(), recovery.shares, recovery.threshold);
  }
  // Later steps need the volume open, or its key.
  bool still_holds(const Facts& facts) override {
    if (is_mounted(session_.places)) return true;
    const auto volume = session_.volume();
    if (volume && (*volume)->facts().uuid == fact(facts, "uuid") && session_.key()) return true;
    session_.forget();
    return false;
  }
  Result<Facts> run() override {
    KAITO_CHECK(check_delivery(session_));
    KAITO_CHECK(close_volume(session_.places));
    session_.forget();
    const Plan& plan = session_.plan;
    KAITO_CHECK(check_disk());
    KAITO_TRY(auto made, luks::Volume::format(plan.device, {.integrity = plan.integrity}, session_.random));
    const std::string uuid = made.volume.facts().uuid;
    const auto secret = luks::RecoverySecret::random(luks::kSharedSecretBytes, session_.random);
    KAITO_TRY(const auto shares,
              luks::split_recovery(secret, plan.recovery.threshold, plan.recovery.shares, session_.random));
    KAITO_TRY(const auto enrolled, luks::enrol(made.volume, made.key, luks::recovery_text(secret),
                                               luks::record_of(shares), session_.recovery_cost));
    KAITO_CHECK(deliver_shares(session_, shares));
    KAITO_CHECK(prove(made, shares, enrolled.keyslot));
    session_.hold(std::move(made));
    return Facts{{"uuid", uuid},
                 {"cipher", plan.integrity ? "aes-xts-plain64 with hmac-sha256" : "aes-xts-plain64"},
                 {"recovery", fmt::format("{} of {}", plan.recovery.threshold, plan.recovery.shares)},
                 {"set", to_hex(shares.front().set)},
                 {"tested", "recovery shares opened the volume"}};
  }

 private:
  // Between the disk's step and this one may lie a power cut, and whatever people did meanwhile.
  [[nodiscard]] Status check_disk() const {
    KAITO_TRY(const DiskFacts disk, examine_for_format(session_.plan, session_.volume_begun));
    if (disk.serial != fact(session_.disk, "serial") || std::to_string(disk.bytes) != fact(session_.disk, "bytes"))
      return fail(Code::conflict, session_.plan.device.string() + " is not the disk that was examined");
    return {};
  }

  Status prove(const luks::Volume::Formatted& made, const std::vector<luks::RecoveryShare>& shares, int keyslot) {
    KAITO_TRY(auto returned, returned_shares(session_, shares));
    KAITO_TRY(const OpenedWay way, open_by_shares(made.volume, std::move(returned)));
    KAITO_TRY(const auto key, made.volume.unlock(way.secret, keyslot));
    if (key != made.key) return fail(Code::integrity, "the recovery shares open another volume");
    return {};
  }

  Session& session_;
};

}  // namespace

std::unique_ptr<Step> volume_step(Session& session) { return std::make_unique<VolumeStep>(session); }

}  // namespace kaito::provisioning
