#include "provisioning/boot_state.hpp"

#include <fmt/ranges.h>

#include <boost/json/array.hpp>

#include "provisioning/decommissioning.hpp"
#include "provisioning/factory_reset.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/transcript_file.hpp"

namespace kaito::provisioning {
namespace {

BootReport failed(BootReport report, std::string detail) {
  report.state = BootState::failed;
  report.detail = std::move(detail);
  return report;
}

// The header is read even when the volume is open: a damaged one opens for the last time today.
Result<std::vector<std::string>> read_ways(const VolumeRecord& record) {
  KAITO_TRY(const auto volume, luks::Volume::load(record.present_device()));
  if (volume.facts().uuid != record.uuid)
    return fail(Code::conflict,
                fmt::format("{} holds another volume, {}", record.device.string(), volume.facts().uuid));
  KAITO_TRY(const auto ways, enrolled_ways(volume));
  std::vector<std::string> names;
  for (const auto& way : ways) names.emplace_back(way_name(way.record));
  return names;
}

}  // namespace

std::string_view to_string(BootState state) noexcept {
  switch (state) {
    case BootState::unprovisioned: return "unprovisioned";
    case BootState::locked: return "locked";
    case BootState::operational: return "operational";
    case BootState::maintenance: return "maintenance";
    case BootState::failed: return "failed";
  }
  return "";
}

BootReport report_state(const Places& places, const Clock& clock) {
  BootReport report;
  std::error_code ignored;
  const auto transcript = TranscriptFile::open(places.transcript(), clock);
  if (!transcript) return failed(std::move(report), transcript.error().detail);
  auto volume = read_volume_record(places.volume());
  if (!volume && volume.error().code != Code::not_found) return failed(std::move(report), volume.error().detail);
  if (volume) report.volume = *std::move(volume);
  if (report.volume && reset_begun(places, *report.volume, clock))
    return failed(std::move(report),
                  "a factory reset has begun and not ended; kaito-boot factory-reset execute goes on with it");
  if (report.volume && transcript->lines().empty())
    return failed(std::move(report),
                  "volume.json is there, and its ceremony's transcript is not: put transcript.jsonl back, or end a "
                  "decommissioning that was interrupted by kaito-boot decommission");
  if (!transcript->is_signed()) {
    report.begun = !transcript->lines().empty();
    report.decommissioned = !report.begun && !decommissioned(places).empty();
    report.detail = report.begun ? "a ceremony has begun and not ended; kaito-boot ceremony goes on with it"
                                 : "no ceremony was held; kaito-boot ceremony begins one";
    return report;
  }
  if (!report.volume) return failed(std::move(report), "the ceremony has ended, and volume.json is missing");
  auto ways = read_ways(*report.volume);
  if (!ways) return failed(std::move(report), ways.error().describe());
  report.ways = *std::move(ways);
  if (!is_mounted(places)) {
    report.state = BootState::locked;
    report.detail = "kaito-boot unlock opens the volume";
    return report;
  }
  const bool kept = std::filesystem::exists(places.maintenance, ignored);
  report.state = kept ? BootState::maintenance : BootState::operational;
  report.detail = kept ? "kaito-boot maintenance off lets kaitod serve again" : "the volume is open";
  return report;
}

boost::json::object to_json(const BootReport& report) {
  boost::json::object object{{"state", to_string(report.state)},
                             {"detail", report.detail},
                             {"ceremony_under_way", report.begun},
                             {"decommissioned", report.decommissioned}};
  if (!report.volume) return object;
  boost::json::array ways;
  for (const auto& way : report.ways) ways.emplace_back(way);
  object["volume"] = boost::json::object{{"uuid", report.volume->uuid},
                                         {"device", report.volume->device.string()},
                                         {"mode", to_string(report.volume->mode)},
                                         {"ways", std::move(ways)}};
  return object;
}

std::string describe(const BootReport& report) {
  std::string text = fmt::format("{}: {}\n", to_string(report.state), report.detail);
  if (report.volume)
    text += fmt::format("volume {} on {}, {} boot\nways to unlock: {}\n", report.volume->uuid,
                        report.volume->device.string(), to_string(report.volume->mode), fmt::join(report.ways, ", "));
  return text;
}

}  // namespace kaito::provisioning
