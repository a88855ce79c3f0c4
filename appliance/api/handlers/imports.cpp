#include "appliance/api/handlers/imports.hpp"

namespace kaito::api {
namespace {

ImportSeeds::Output import_view(vault::ImportReport report) {
  ImportSeeds::Output output{.format = report.format,
                             .dry_run = report.dry_run,
                             .applied = report.applied,
                             .imported = report.count(vault::EntryOutcome::imported),
                             .duplicates = report.count(vault::EntryOutcome::duplicate),
                             .refused = report.count(vault::EntryOutcome::refused),
                             .entries = {},
                             .notes = std::move(report.notes)};
  output.entries.reserve(report.entries.size());
  for (auto& entry : report.entries)
    output.entries.push_back({.position = entry.position,
                              .issuer = std::move(entry.issuer),
                              .account = std::move(entry.account),
                              .outcome = entry.outcome,
                              .reason = std::move(entry.reason),
                              .notes = std::move(entry.notes),
                              .seed = entry.seed});
  return output;
}

}  // namespace

Task<Result<Done<ImportSeeds::Output>>> ImportSeeds::process(Services& services, Call<Input> call) {
  vault::ImportRequest request{.content = std::move(call.input.content),
                               .format = call.input.format,
                               .password = {},
                               .groups = {},
                               .dry_run = call.input.dry_run.value_or(false),
                               .all_or_nothing = call.input.all_or_nothing.value_or(false)};
  if (call.input.password) request.password = *std::move(call.input.password);
  if (call.input.groups) request.groups = std::move(call.input.groups->values);
  KAITO_CO_TRY(auto report, co_await services.imports.run(call.permit, std::move(request)));
  co_return done<Output>(std::move(report), import_view);
}

}  // namespace kaito::api
