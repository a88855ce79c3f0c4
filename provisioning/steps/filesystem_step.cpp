#include "provisioning/mounting.hpp"
#include "provisioning/program.hpp"
#include "provisioning/steps/steps.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {
namespace {

class FilesystemStep final : public Step {
 public:
  explicit FilesystemStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "filesystem"; }
  [[nodiscard]] std::string intent() const override {
    return fmt::format("This step makes a file system on the volume and mounts it at {}.",
                       session_.places.data.string());
  }
  bool still_holds(const Facts& /*facts*/) override { return session_.mount().has_value(); }
  Result<Facts> run() override {
    const Places& places = session_.places;
    KAITO_TRY(luks::Volume* const volume, session_.volume());
    KAITO_TRY(const luks::VolumeKey* const key, session_.key());
    KAITO_CHECK(close_volume(places));
    std::error_code failed;
    if (!std::filesystem::is_empty(places.data, failed) && !failed)
      return fail(Code::conflict, fmt::format("{} holds data of an appliance without a volume; move it away first",
                                              places.data.string()));
    KAITO_CHECK(volume->open(places.mapping, *key));
    KAITO_CHECK(must_run({"mkfs.ext4", "-q", "-F", "-m", "1", "-L", "kaito", places.mapped().string()}));
    KAITO_CHECK(mount_volume(places));
    KAITO_CHECK(write_volume_record(places.volume(), {.uuid = volume->facts().uuid,
                                                      .device = session_.plan.device,
                                                      .mode = session_.plan.mode,
                                                      .hsm = session_.plan.hsm}));
    return Facts{{"mounted", places.data.string()}, {"type", "ext4"}};
  }

 private:
  Session& session_;
};

}  // namespace

std::unique_ptr<Step> filesystem_step(Session& session) { return std::make_unique<FilesystemStep>(session); }

}  // namespace kaito::provisioning
