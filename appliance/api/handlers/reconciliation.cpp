#include "appliance/api/handlers/reconciliation.hpp"

namespace kaito::api {
namespace {

constexpr std::uint32_t kDefaultHours = 24;

ReconcileOrgKey::Output reconciliation_view(keys::Reconciliation report) {
  return {.from = report.from,
          .until = report.until,
          .audit_from = report.audit_from,
          .audit_until = report.audit_until,
          .opened_by_hsm = report.opened_by_hsm,
          .opened_by_lease = report.opened_by_lease,
          .codes_recorded = report.codes_recorded,
          .difference = report.difference,
          .matches = report.difference == 0,
          .opened_for_changes = report.opened_for_changes,
          .changes_recorded = report.changes_recorded,
          .index_keys = report.index_keys,
          .additions_recorded = report.additions_recorded,
          .refused = report.refused,
          .failures_recorded = report.failures_recorded,
          .incomplete = std::move(report.incomplete),
          .explanations = std::move(report.explanations)};
}

}  // namespace

Task<Result<Done<ReconcileOrgKey::Output>>> ReconcileOrgKey::process(Services& services, Call<Input> call) {
  const std::uint32_t hours = call.input.hours ? call.input.hours->value : kDefaultHours;
  KAITO_CO_TRY(auto report, co_await services.reconciler.report(call.permit, std::chrono::hours(hours)));
  co_return done<Output>(std::move(report), reconciliation_view);
}

}  // namespace kaito::api
