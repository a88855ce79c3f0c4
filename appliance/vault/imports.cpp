#include "appliance/vault/imports.hpp"

#include <set>

#include "appliance/vault/seed_access.hpp"
#include "appliance/vault/seeds.hpp"

namespace kaito::vault {
namespace {

constexpr std::size_t kMaxImportedRows = 20'000;  // seeds, and their places in groups

// The parsed file with the report that grows from it. `candidates[i]` belongs to `report.entries[places[i]]`.
struct Draft {
  ImportReport report;
  std::vector<NewSeed> candidates;
  std::vector<std::size_t> places;
};

Draft draft_of(otp::ParsedImport parsed) {
  Draft draft;
  draft.report.format = parsed.format;
  draft.report.notes = std::move(parsed.notes);
  std::map<std::size_t, std::size_t> entry_at;  // position in the source to index in parsed.entries
  for (auto& refused : parsed.refused)
    draft.report.entries.push_back({.position = refused.position,
                                    .issuer = std::move(refused.issuer),
                                    .account = std::move(refused.account),
                                    .outcome = EntryOutcome::refused,
                                    .reason = std::move(refused.reason)});
  for (std::size_t i = 0; i < parsed.entries.size(); ++i) {
    auto& entry = parsed.entries[i];
    draft.report.entries.push_back({.position = entry.position,
                                    .issuer = entry.issuer,
                                    .account = entry.account,
                                    .outcome = EntryOutcome::imported,
                                    .reason = {},
                                    .notes = std::move(entry.notes)});
    entry_at.emplace(entry.position, i);
  }
  std::ranges::sort(draft.report.entries, {}, &EntryReport::position);
  for (std::size_t place = 0; place < draft.report.entries.size(); ++place) {
    auto& reported = draft.report.entries[place];
    if (reported.outcome == EntryOutcome::refused) continue;
    auto& entry = parsed.entries[entry_at.at(reported.position)];
    if (auto labels = check_labels(entry.issuer, entry.account); !labels) {
      reported.outcome = EntryOutcome::refused;
      reported.reason = labels.error().field + " " + labels.error().reason;
      continue;
    }
    draft.candidates.push_back({.issuer = std::move(entry.issuer),
                                .account = std::move(entry.account),
                                .parameters = entry.parameters,
                                .counter = entry.counter,
                                .secret = std::move(entry.secret)});
    draft.places.push_back(place);
  }
  return draft;
}

void mark_duplicate(EntryReport& entry, std::string reason) {
  entry.outcome = EntryOutcome::duplicate;
  entry.reason = std::move(reason);
}

// Which one of the org's seeds it is is told to who sees that seed.
std::string known_secret(store::Reader& reader, const auth::Permit& permit, const std::vector<SeedId>& twins) {
  std::string reason = "the org has this secret already";
  for (const auto& twin : twins)
    if (reachable_seed(reader, permit, twin)) return reason + ": seed " + twin.str();
  return reason;
}

// Entries whose secret the org has, or that stand twice in the file, become duplicates.
Status mark_duplicates(store::Reader& reader, const auth::Permit& permit, const std::vector<ByteArray<16>>& prints,
                       const std::vector<std::size_t>& places, ImportReport& report) {
  KAITO_TRY(const OrgId org, org_of(permit));
  std::map<ByteArray<16>, std::size_t> first_position;
  for (std::size_t i = 0; i < prints.size(); ++i) {
    auto& entry = report.entries[places[i]];
    const auto [earlier, is_first] = first_position.try_emplace(prints[i], entry.position);
    if (!is_first) {
      mark_duplicate(entry, fmt::format("same secret as entry {}", earlier->second));
      continue;
    }
    KAITO_TRY(const auto twins, reader.seeds_by_fingerprint(org, prints[i]));
    if (!twins.empty()) mark_duplicate(entry, known_secret(reader, permit, twins));
  }
  return {};
}

Status insert_imported(store::Writer& writer, const std::vector<store::Seed>& rows, const std::vector<GroupId>& groups,
                       const std::vector<std::size_t>& places, ImportReport& report) {
  if (!rows.empty()) KAITO_CHECK(check_kek_version(writer, rows.front()));  // all are sealed under one version
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& entry = report.entries[places[i]];
    if (entry.outcome != EntryOutcome::imported) continue;
    KAITO_CHECK(writer.insert(rows[i]));
    for (const auto& group : groups) KAITO_CHECK(writer.add_to_group(group, rows[i].id));
    entry.seed = rows[i].id;
  }
  return {};
}

void describe(const ImportReport& report, audit::Event& event) {
  event.details.push_back({.key = "format", .value = std::string(otp::to_string(report.format))});
  event.details.push_back({.key = "dry_run", .value = report.dry_run ? "true" : "false"});
  event.details.push_back({.key = "applied", .value = report.applied ? "true" : "false"});
  event.details.push_back({.key = "imported", .value = std::to_string(report.count(EntryOutcome::imported))});
  event.details.push_back({.key = "duplicate", .value = std::to_string(report.count(EntryOutcome::duplicate))});
  event.details.push_back({.key = "refused", .value = std::to_string(report.count(EntryOutcome::refused))});
}

}  // namespace

std::size_t ImportReport::count(EntryOutcome outcome) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries, [outcome](const EntryReport& entry) { return entry.outcome == outcome; }));
}

Task<Result<auth::Recorded<ImportReport>>> Imports::run(const auth::Permit& permit, ImportRequest request) {
  KAITO_CO_TRY(const OrgId id, org_of(permit));
  std::optional<store::Org> org;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(org, snapshot->org(id));
    if (!org) co_return fail(Code::not_found, "no such org");
    KAITO_CO_CHECK(check_groups(*snapshot, permit, request.groups));
  }
  KAITO_CO_TRY(auto parsed, co_await pool_.run(id, [content = std::move(request.content), format = request.format,
                                                    password = std::move(request.password)] {
    return otp::parse_import(otp::as_text(content),
                             {.format = format, .password = password.empty() ? nullptr : &password});
  }));
  Draft draft = draft_of(std::move(parsed));
  ImportReport& report = draft.report;
  // All rows are written in one go, and everybody else's wait for that.
  if (draft.candidates.size() * (1 + request.groups.size()) > kMaxImportedRows)
    co_return fail_invalid("groups", fmt::format("times the file's entries must be at most {}: name fewer, and add the "
                                                 "seeds to the others afterwards",
                                                 kMaxImportedRows));
  report.dry_run = request.dry_run;
  report.applied = !request.dry_run && !(request.all_or_nothing && report.count(EntryOutcome::refused) > 0);

  if (!report.applied) {
    KAITO_CO_TRY(const auto prints, co_await sealer_.fingerprints(*org, draft.candidates));
    {
      KAITO_CO_TRY(const auto snapshot, store_.snapshot());
      KAITO_CO_CHECK(mark_duplicates(*snapshot, permit, prints, draft.places, report));
    }
    audit::Event event = permit.event();
    describe(report, event);
    KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
    co_return auth::Recorded<ImportReport>{std::move(report), std::move(receipt)};
  }

  KAITO_CO_TRY(const auto rows, co_await sealer_.seal(*org, std::move(draft.candidates)));
  std::vector<ByteArray<16>> prints;
  prints.reserve(rows.size());
  for (const auto& row : rows) prints.push_back(row.fingerprint);
  auto change = [&](store::Writer& writer, audit::Event& event) -> Status {
    KAITO_CHECK(check_groups(writer, permit, request.groups));
    KAITO_TRY(const std::uint64_t present, writer.seed_count(id));
    if (present + rows.size() > kMaxSeedsPerOrg)
      return fail(Error{.code = Code::conflict,
                        .field = "content",
                        .reason = fmt::format("would take the org over {} seeds", kMaxSeedsPerOrg)});
    KAITO_CHECK(mark_duplicates(writer, permit, prints, draft.places, report));
    KAITO_CHECK(insert_imported(writer, rows, request.groups, draft.places, report));
    describe(report, event);
    return {};
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(permit.event(), std::move(change)));
  co_return auth::Recorded<ImportReport>{std::move(report), std::move(receipt)};
}

}  // namespace kaito::vault
