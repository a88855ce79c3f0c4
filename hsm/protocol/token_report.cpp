#include "hsm/protocol/token_report.hpp"

#include <fmt/format.h>

#include <bit>

namespace kaito::hsm {
namespace {

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxProbes = 64;

template <class Report>
auto texts_of(Report& report) {
  return std::array{&report.label,    &report.serial,  &report.model,  &report.manufacturer,
                    &report.firmware, &report.library, &report.gcm_iv, &report.org_keks,
                    &report.deks,     &report.audit,   &report.unfit};
}

template <class Report>
auto numbers_of(Report& report) {
  return std::array{&report.max_sessions, &report.opened_sessions, &report.deadline_ms};
}

template <class Report>
auto speeds_of(Report& report) {
  return std::array{&report.unwraps_per_second, &report.wraps_per_second};
}

void write_text(WireWriter& out, std::string_view text) { out.string(text.substr(0, kMaxText)); }

Result<TokenReport::Probe> read_probe(ByteReader& in) {
  TokenReport::Probe probe;
  KAITO_TRY(probe.what, read_text(in, kMaxText));
  KAITO_TRY(const std::uint8_t finding, in.u8());
  if (finding > static_cast<std::uint8_t>(Finding::wrong))
    return fail(Code::internal, fmt::format("finding {} in a report", finding));
  probe.finding = static_cast<Finding>(finding);
  KAITO_TRY(probe.detail, read_text(in, kMaxText));
  return probe;
}

}  // namespace

void write_token_report(WireWriter& out, const TokenReport& report) {
  for (const auto* text : texts_of(report)) write_text(out, *text);
  for (const auto* number : numbers_of(report)) out.u64(*number);
  for (const auto* speed : speeds_of(report)) out.u64(std::bit_cast<std::uint64_t>(*speed));
  out.u8(report.os_locking ? 1 : 0);
  out.u16(report.probes.size());
  for (const auto& probe : report.probes) {
    write_text(out, probe.what);
    out.u8(static_cast<std::uint8_t>(probe.finding));
    write_text(out, probe.detail);
  }
}

Result<TokenReport> read_token_report(ByteReader& in) {
  TokenReport report;
  for (auto* text : texts_of(report)) {
    KAITO_TRY(*text, read_text(in, kMaxText));
  }
  for (auto* number : numbers_of(report)) {
    KAITO_TRY(*number, in.u64());
  }
  for (auto* speed : speeds_of(report)) {
    KAITO_TRY(const std::uint64_t bits, in.u64());
    *speed = std::bit_cast<double>(bits);
  }
  KAITO_TRY(const std::uint8_t os_locking, in.u8());
  report.os_locking = os_locking != 0;
  KAITO_TRY(const std::uint16_t probes, in.u16());
  if (probes > kMaxProbes) return fail(Code::internal, fmt::format("{} probes in a report", probes));
  for (std::size_t i = 0; i < probes; ++i) {
    KAITO_TRY(auto probe, read_probe(in));
    report.probes.push_back(std::move(probe));
  }
  KAITO_CHECK(in.finish());
  return report;
}

}  // namespace kaito::hsm
