#include "tests/integration/hsm/conformance/capability_table.hpp"

#include <fmt/format.h>

namespace kaito::hsm::test {

CapabilityTable& capability_table() {
  static CapabilityTable table;
  return table;
}

void CapabilityTable::print() const {
  constexpr const char* kLine = "{:<16} {:<30} {:<31} {:<50} {:>8} {:>10} {:>10}  {}\n";
  fmt::print("\nTokens and what was chosen for each\n");
  fmt::print(kLine, "", "org KEKs", "DEKs", "audit signatures", "sessions", "unwraps/s", "by RSA/s", "tests");
  const auto speed = [](double value) { return value > 0 ? fmt::format("{:.0f}", value) : std::string(); };
  for (const auto& [name, row] : rows_) {
    std::string tests = row.passed + row.failed > 0 || row.remark.empty()
                            ? fmt::format("{} passed, {} failed", row.passed, row.failed)
                            : std::string();
    if (!row.remark.empty()) tests += (tests.empty() ? "" : "; as the appliance's: ") + row.remark;
    fmt::print(kLine, name, row.org_keks, row.deks, row.audit, row.sessions, speed(row.unwraps_per_second),
               speed(row.pair_unwraps_per_second), tests);
  }
  for (const auto& [name, row] : rows_) fmt::print("{}: {}\n", name, row.token);
}

std::string chosen(const TokenStatus& status, std::string_view subject) {
  const std::string start = std::string(subject) + ": ";
  for (const auto& line : status.mechanisms)
    if (line.starts_with(start)) return line.substr(start.size());
  return {};
}

}  // namespace kaito::hsm::test
