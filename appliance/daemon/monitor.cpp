#include "appliance/daemon/monitor.hpp"

namespace kaito::daemon {

Monitor::Monitor(const store::Store& store, hsm::Client& hsm, const keys::DekLeases& leases,
                 const audit::RowGuard& rows, const Clock& clock)
    : store_(store), hsm_(hsm), leases_(leases), rows_(rows), started_at_(clock.now()) {}

api::ApplianceState Monitor::state() const noexcept {
  // After a failed commit nothing can be recorded, so nothing may be done until somebody has looked.
  if (store_.failed()) return api::ApplianceState::failed;
  // Somebody may be let in who is not to be: nothing is served until the rows were looked at.
  return rows_.locks() ? api::ApplianceState::locked : api::ApplianceState::operational;
}

api::Health Monitor::health() const {
  const auto store = store_.statistics();
  const auto worker = hsm_.state();
  const auto leases = leases_.statistics();
  auto rows = rows_.report();
  return {.hsm_answers = hsm_answers_ && worker.phase == hsm::WorkerPhase::running,
          .storage_works = !store.failed,
          .storage_has_room = !store.reserve_touched,
          .rows_verified = rows.complete,
          .altered_tables = std::move(rows.altered),
          .hsm_phase = std::string(hsm::to_string(worker.phase)),
          .worker_starts = worker.starts,
          .worker_crashes = worker.crashes,
          .worker_hangs = worker.hangs,
          .leases = leases.kept,
          .lease_hits = leases.hits,
          .lease_misses = leases.misses};
}

Task<Result<api::HsmReport>> Monitor::hsm() const {
  KAITO_CO_TRY(auto token, co_await hsm_.status());
  api::HsmReport report{.label = std::move(token.label),
                        .serial = std::move(token.serial),
                        .model = std::move(token.model),
                        .firmware = std::move(token.firmware),
                        .mechanisms = std::move(token.mechanisms),
                        .platform_keks = {},
                        .audit_keys = {},
                        .backup_keys = {},
                        .unwraps = token.unwraps,
                        .refused = token.refused};
  for (const auto& kek : token.platform_keks) report.platform_keks.push_back(kek.version);
  for (const auto& key : token.audit_keys) report.audit_keys.push_back(key.version);
  for (const auto& key : token.backup_keys) report.backup_keys.push_back(key.version);
  co_return report;
}

std::string Monitor::version() const { return program_version(); }

std::string program_version() { return KAITO_VERSION; }

Task<bool> Monitor::ask_canary() {
  const auto answered = co_await hsm_.canary();
  hsm_answers_ = answered.has_value();
  co_return hsm_answers_.load();
}

}  // namespace kaito::daemon
