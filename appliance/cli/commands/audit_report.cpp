#include "appliance/cli/commands/audit_report.hpp"

#include "appliance/cli/printable.hpp"

namespace kaito::cli {

namespace json = boost::json;

std::string describe(const audit::Failure& failure) {
  std::string place = failure.until > failure.sequence + 1
                          ? fmt::format("an entry from {} to {}", failure.sequence, failure.until - 1)
                          : fmt::format("entry {}", failure.sequence);
  if (failure.line != 0) place += fmt::format(" (line {})", failure.line);
  return printable(fmt::format("{}: {}: {}", place, to_string(failure.finding), failure.what));
}

std::string describe(const audit::VerifyReport& report) {
  std::string text = fmt::format("log          {}\n", printable(report.origin));
  text += report.size > report.first ? fmt::format("entries      {} to {}", report.first, report.size - 1)
                                     : std::string("entries      none");
  if (report.withheld != 0) text += fmt::format(", {} of them withheld (other orgs')", report.withheld);
  text += fmt::format("\ncheckpoints  {}\n", report.checkpoints);
  for (const auto& key : report.keys) text += fmt::format("signed by    {}\n", printable(key.str()));
  if (report.earlier_checked + report.earlier_unchecked != 0)
    text += fmt::format("earlier      {} agree, {} could not be checked\n", report.earlier_checked,
                        report.earlier_unchecked);
  if (!report.ok()) return text + "\nBAD: " + describe(*report.failure) + "\n";
  if (report.covered < report.size)
    text += fmt::format("unsigned     entries from {}: no checkpoint covers them yet\n", report.covered);
  text += "\nOK";
  if (report.checkpoints == 0)
    text += ", but nothing is signed: the file proves only that its entries fit each other";
  else if (!report.pinned)
    text += ", but the keys are those that the file names itself: give --key to know whose log it is";
  return text + "\n";
}

json::object to_json(const audit::VerifyReport& report) {
  json::array keys;
  for (const auto& key : report.keys) keys.emplace_back(key.str());
  json::object object{{"ok", report.ok()},
                      {"origin", report.origin},
                      {"keys", std::move(keys)},
                      {"pinned", report.pinned},
                      {"first", report.first},
                      {"size", report.size},
                      {"withheld", report.withheld},
                      {"checkpoints", report.checkpoints},
                      {"covered", report.covered},
                      {"latest_checkpoint", report.latest_note},
                      {"earlier_checked", report.earlier_checked},
                      {"earlier_unchecked", report.earlier_unchecked}};
  if (report.failure)
    object["failure"] = json::object{{"finding", to_string(report.failure->finding)},
                                     {"sequence", report.failure->sequence},
                                     {"until", report.failure->until},
                                     {"line", report.failure->line},
                                     {"what", report.failure->what}};
  return object;
}

}  // namespace kaito::cli
