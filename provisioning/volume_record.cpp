#include "provisioning/volume_record.hpp"

#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "luks/header/strict_json.hpp"
#include "provisioning/plan_fields.hpp"

namespace kaito::provisioning {

namespace json = boost::json;

std::filesystem::path VolumeRecord::present_device() const {
  std::error_code ignored;
  const auto by_uuid = std::filesystem::path("/dev/disk/by-uuid") / uuid;
  return std::filesystem::exists(by_uuid, ignored) ? by_uuid : device;
}

Result<VolumeRecord> read_volume_record(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return fail(Code::not_found, "this machine has no volume yet; kaito-boot ceremony makes one");
  KAITO_TRY(const std::string text, read_file(file, kMaxPlan));
  KAITO_TRY(const json::object object, luks::parse_strict_json(text, kMaxPlan));
  const PlanFields fields(object, "volume.json");
  KAITO_CHECK(fields.only({"uuid", "device", "mode", "hsm"}));
  VolumeRecord record;
  KAITO_TRY(record.uuid, fields.text("uuid", 64));
  KAITO_TRY(record.device, fields.text("device"));
  KAITO_TRY(const std::string mode, fields.text("mode"));
  KAITO_TRY(record.mode, unlock_mode(mode));
  if (!fields.has("hsm")) return record;
  KAITO_TRY(const PlanFields hsm, fields.object("hsm"));
  KAITO_TRY(record.hsm, parse_hsm_plan(hsm));
  return record;
}

Status write_volume_record(const std::filesystem::path& file, const VolumeRecord& record) {
  json::object object{{"uuid", record.uuid}, {"device", record.device.string()}, {"mode", to_string(record.mode)}};
  if (record.hsm.unlock) object["hsm"] = to_json(record.hsm);
  return write_file_atomically(file, as_bytes(json::serialize(object) + "\n"));
}

}  // namespace kaito::provisioning
