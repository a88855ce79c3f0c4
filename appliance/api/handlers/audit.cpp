#include "appliance/api/handlers/audit.hpp"

#include "appliance/audit/export.hpp"
#include "appliance/audit/known_keys.hpp"

namespace kaito::api {
namespace {

// A reply is one buffer: an export beyond this is fetched in ranges.
constexpr std::size_t kMaxExportBytes = 64U << 20;

Result<std::string> export_text(store::Store& store, const std::string& origin, const audit::ExportRange& range) {
  KAITO_TRY(auto exporter, audit::Exporter::open(store, origin, range));
  std::string text;
  for (;;) {
    KAITO_TRY(const std::string page, exporter.next());
    if (page.empty()) return text;
    text += page;
    if (text.size() > kMaxExportBytes)
      return fail_invalid("until", "is too far: export in smaller ranges, with from and until");
  }
}

audit::Event with_range(audit::Event event, std::string_view key, std::uint64_t value) {
  event.details.push_back({.key = key, .value = std::to_string(value)});
  return event;
}

}  // namespace

Task<Result<Done<ListAudit::Output>>> ListAudit::process(Services& services, Call<Input> call) {
  const bool newest_first = call.input.newest_first.value_or(false);
  store::AuditFilter filter{.org = call.permit.org(),
                            .from = call.input.from ? call.input.from->value : 0,
                            .until = {},
                            .limit = call.input.limit ? call.input.limit->value : 100,
                            .newest_first = newest_first};
  if (call.input.until) filter.until = call.input.until->value;
  Output output;
  {
    KAITO_CO_TRY(const auto snapshot, services.store.snapshot());
    KAITO_CO_TRY(auto rows, snapshot->audit_rows(filter));
    KAITO_CO_TRY(output.log_size, snapshot->audit_size());
    if (!newest_first && rows.size() == filter.limit) output.next_from = rows.back().sequence + 1;
    for (auto& row : rows) output.records.push_back({std::move(row.record)});
  }
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await services.journal.record(with_range(call.permit.event(), "rows", output.records.size())));
  co_return Done<Output>{std::move(output), std::move(receipt)};
}

Task<Result<Done<RawBody>>> ExportAudit::process(Services& services, Call<Input> call) {
  audit::ExportRange range{.first = call.input.from ? call.input.from->value : 0, .end = {}, .org = call.permit.org()};
  if (call.input.until) range.end = call.input.until->value;
  // It reads and hashes much of the log: not on a thread that others' requests wait for, and one at a time.
  KAITO_CO_TRY(std::string text,
               co_await services.long_work.run(range.org, [&store = services.store, origin = services.journal.origin(),
                                                           range] { return export_text(store, origin, range); }));
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await services.journal.record(with_range(call.permit.event(), "bytes", text.size())));
  co_return Done<RawBody>{RawBody{"application/jsonl", std::move(text)}, std::move(receipt)};
}

Task<Result<Done<GetAuditKeys::Output>>> GetAuditKeys::process(Services& services, Call<Input> call) {
  Output output{.origin = services.journal.origin(), .verifier_keys = {}, .checkpoint = {}};
  {
    KAITO_CO_TRY(const auto snapshot, services.store.snapshot());
    KAITO_CO_TRY(const auto keys, audit::known_keys(*snapshot));
    for (const auto& key : keys) output.verifier_keys.push_back(key.str());
    KAITO_CO_TRY(auto checkpoint, snapshot->latest_checkpoint());
    if (checkpoint) output.checkpoint = std::move(checkpoint->note);
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return Done<Output>{std::move(output), std::move(receipt)};
}

}  // namespace kaito::api
