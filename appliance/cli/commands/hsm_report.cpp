#include "appliance/cli/commands/hsm_report.hpp"

#include <fmt/format.h>

#include "appliance/cli/table.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

std::string_view name_of(hsm::Finding finding) {
  switch (finding) {
    case hsm::Finding::works: return "works";
    case hsm::Finding::missing: return "not offered";
    case hsm::Finding::refused: return "offered, but refused";
    case hsm::Finding::wrong: return "WRONG ANSWER";
  }
  return "unknown";
}

json::value or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

json::array probes_of(const hsm::TokenReport& report) {
  json::array probes;
  for (const auto& probe : report.probes)
    probes.push_back(
        json::object{{"what", probe.what}, {"finding", name_of(probe.finding)}, {"detail", or_null(probe.detail)}});
  return probes;
}

bool works(const hsm::TokenReport& report, std::string_view what) {
  return std::ranges::any_of(report.probes, [what](const auto& probe) {
    return probe.what.starts_with(what) && probe.finding == hsm::Finding::works;
  });
}

// By what customers may send keys of their own.
std::string import_of(const hsm::TokenReport& report) {
  const bool sha256 = works(report, "RSA-OAEP with SHA-256");
  if (!sha256 && !works(report, "RSA-OAEP of org KEKs")) return "no keys can be imported: the token has no RSA-OAEP";
  return fmt::format("keys are imported by RSA-OAEP with {}{}", sha256 ? "SHA-256" : "SHA-1",
                     works(report, "AES-KWP") ? ", or by RSA-AES key wrap" : "");
}

std::string_view fitness_of(const hsm::TokenReport& report) {
  if (report.org_keks.empty()) return "fit for an org's own HSM; not as platform token, which must wrap keys";
  if (report.audit == "none") return "fit for an org's own HSM; not as platform token, for want of signatures";
  return "fit as platform token and for an org's own HSM";
}

// What follows for whoever sets the appliance up; one line each.
json::array settings_of(const hsm::TokenReport& report) {
  json::array lines;
  if (!report.unfit.empty()) {
    lines.emplace_back("not fit: " + report.unfit);
    return lines;
  }
  lines.emplace_back(fitness_of(report));
  lines.emplace_back("one session serves; no other setting depends on the token's limit");
  if (report.deks.starts_with("RSA"))
    lines.emplace_back("an org's key there is an RSA-3072 pair (type=private); its speed was not measured");
  if (report.deadline_ms > 0) lines.emplace_back(fmt::format("hsm-deadline-ms = {}", report.deadline_ms));
  if (!report.org_keks.empty()) lines.emplace_back(import_of(report));
  if (report.org_keks.starts_with("RSA"))
    lines.emplace_back("org KEKs are wrapped by an RSA pair, which keeps them secret but does not vouch for them");
  if (report.audit.find("worker") != std::string::npos)
    lines.emplace_back("the audit key lives in the worker's memory while it runs, derived from a key in the token");
  return lines;
}

}  // namespace

json::object to_json(const hsm::TokenReport& report) {
  return {{"token", json::object{{"label", report.label},
                                 {"serial", report.serial},
                                 {"model", report.model},
                                 {"manufacturer", report.manufacturer},
                                 {"firmware", report.firmware},
                                 {"library", report.library}}},
          {"probes", probes_of(report)},
          {"sessions_allowed", report.max_sessions == 0 ? json::value() : json::value(report.max_sessions)},
          {"sessions_opened", report.opened_sessions},
          {"os_locking", report.os_locking},
          {"gcm_iv", or_null(report.gcm_iv)},
          {"org_keks", or_null(report.org_keks)},
          {"deks", or_null(report.deks)},
          {"audit", or_null(report.audit)},
          {"unwraps_per_second", report.unwraps_per_second},
          {"wraps_per_second", report.wraps_per_second},
          {"fit", report.unfit.empty()},
          {"settings", settings_of(report)}};
}

std::string describe(const hsm::TokenReport& report) {
  json::object facts{
      {"token", fmt::format("{} (serial {})", report.label, report.serial)},
      {"made by", fmt::format("{} {}, firmware {}", report.manufacturer, report.model, report.firmware)},
      {"module", report.library},
      {"sessions", fmt::format("{} allowed, {} of 17 opened",
                               report.max_sessions == 0 ? "any number" : fmt::format("{}", report.max_sessions),
                               report.opened_sessions)},
      {"locking", report.os_locking ? "the system's" : "none; fine for one thread"},
      {"AES-GCM's IV", or_null(report.gcm_iv)},
      {"org KEKs", or_null(report.org_keks)},
      {"DEKs", or_null(report.deks)},
      {"audit log", or_null(report.audit)},
      {"speed", report.unwraps_per_second > 0 ? fmt::format("{:.0f} DEKs unwrapped and {:.0f} wrapped per second",
                                                            report.unwraps_per_second, report.wraps_per_second)
                                              : std::string("not measured")}};
  std::string text = table(probes_of(report), {{"MECHANISM", "what"}, {"FINDING", "finding"}, {"DETAIL", "detail"}});
  text += "\n" + record(facts) + "\n";
  for (const auto& line : settings_of(report)) text += cell(&line) + "\n";
  return text;
}

}  // namespace kaito::cli
