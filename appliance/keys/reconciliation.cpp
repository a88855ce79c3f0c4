#include "appliance/keys/reconciliation.hpp"

#include <charconv>

#include "appliance/audit/record.hpp"

namespace kaito::keys {
namespace {

constexpr std::uint32_t kRows = 10'000;  // of the log, read at once

std::uint64_t number_in(const audit::Record& record, std::string_view name) {
  std::uint64_t number = 0;
  for (const auto& detail : record.details)
    if (detail.name == name) std::from_chars(detail.value.data(), detail.value.data() + detail.value.size(), number);
  return number;
}

void take_record(const audit::Record& record, Reconciliation& report) {
  const bool one_code = record.action == "seed.code.read" || record.action == "seed.code.take";
  const bool codes = one_code || record.action == "seed.codes.read";
  if (record.outcome == Outcome::failed && codes) ++report.failures_recorded;
  if (record.outcome != Outcome::success) return;
  if (codes) report.codes_recorded += one_code ? 1 : number_in(record, "given");
  if (record.action == "seed.update") ++report.changes_recorded;
  if (record.action == "seed.create" || record.action == "seed.import") ++report.additions_recorded;
}

void take_use(const store::KeyUseCount& use, Reconciliation& report) {
  switch (use.use) {
    case KeyUse::code_by_hsm: report.opened_by_hsm = use.count; return;
    case KeyUse::code_by_lease: report.opened_by_lease = use.count; return;
    case KeyUse::change: report.opened_for_changes = use.count; return;
    case KeyUse::index_key: report.index_keys = use.count; return;
    case KeyUse::refused: report.refused = use.count; return;
  }
}

void explain(Reconciliation& report) {
  auto& lines = report.explanations;
  if (report.difference > 0)
    lines.emplace_back(
        "more seeds were opened than codes are recorded: requests that failed after the seed was opened, or were under "
        "way when the counts were written; anything beyond those is an opening without a record");
  if (report.difference < 0)
    lines.emplace_back(report.incomplete.empty()
                           ? "more codes are recorded than seeds were opened: requests were under way when the counts "
                             "were written; anything beyond those is a count that was lost"
                           : "more codes are recorded than seeds were opened: a process was killed before it had "
                             "written its last counts");
  if (report.index_keys > 0)
    lines.emplace_back("adding seeds unwraps the org's index key to find duplicates; no seed is opened for it");
  if (report.opened_for_changes != report.changes_recorded)
    lines.emplace_back("a change of labels opens the seed's DEK also when it is refused afterwards");
  lines.emplace_back(
      "rotations wrap DEKs anew inside the HSM's worker and the HSM's canary has a key of its own: neither counts");
}

Status read_log(store::Reader& reader, const OrgId& org, Reconciliation& report) {
  for (std::uint64_t next = report.audit_from; next < report.audit_until;) {
    KAITO_TRY(const auto rows,
              reader.audit_rows({.org = org, .from = next, .until = report.audit_until, .limit = kRows}));
    for (const auto& row : rows) {
      KAITO_TRY(const auto record, audit::parse_record(row.record));
      take_record(record, report);
      next = row.sequence + 1;
    }
    if (rows.size() < kRows) break;
  }
  return {};
}

Result<Reconciliation> compare(store::Store& store, const OrgId& org, TimePoint from) {
  KAITO_TRY(const auto snapshot, store.snapshot());
  KAITO_TRY(const auto periods, snapshot->key_use_periods(from));
  if (periods.empty()) return fail(Code::hsm_unavailable, "nothing was counted yet");
  Reconciliation report{.from = periods.front().began_at,
                        .until = periods.back().written_at,
                        .audit_from = periods.front().audit_from,
                        .audit_until = periods.back().audit_until};
  for (std::size_t i = 0; i + 1 < periods.size(); ++i)
    if (!periods[i].complete) report.incomplete.push_back(periods[i].began_at);
  KAITO_TRY(const auto uses, snapshot->key_uses(org, report.from));
  for (const auto& use : uses) take_use(use, report);
  KAITO_CHECK(read_log(*snapshot, org, report));
  report.difference = static_cast<std::int64_t>(report.opened_by_hsm + report.opened_by_lease) -
                      static_cast<std::int64_t>(report.codes_recorded);
  explain(report);
  return report;
}

}  // namespace

Task<Result<auth::Recorded<Reconciliation>>> Reconciler::report(const auth::Permit& permit, std::chrono::hours hours) {
  if (!permit.org()) co_return fail(Code::internal, "the permit names no org");
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(const auto org, snapshot->org(*permit.org()));
    if (!org) co_return fail(Code::not_found, "no such org");
  }
  KAITO_CO_CHECK(co_await ledger_.write_down());
  KAITO_CO_TRY(auto report,
               co_await long_work_.run(permit.org(), [this, org = *permit.org(), from = clock_.now() - hours] {
                 return compare(store_, org, from);
               }));
  audit::Event event = permit.event();
  event.details.push_back({.key = "difference", .value = std::to_string(report.difference)});
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<Reconciliation>{std::move(report), std::move(receipt)};
}

}  // namespace kaito::keys
