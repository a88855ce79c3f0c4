#include "appliance/api/handlers/status.hpp"

#include "appliance/api/openapi.hpp"

namespace kaito::api {
namespace {

struct HealthzBody {
  std::string_view status;
};
BOOST_DESCRIBE_STRUCT(HealthzBody, (), (status))

struct ReadyzBody {
  std::string_view status;
  std::string_view state;
  bool hsm = false;
  bool storage = false;
  bool rows = false;
};
BOOST_DESCRIBE_STRUCT(ReadyzBody, (), (status, state, hsm, storage, rows))

template <class Body>
http::Reply json_reply(std::uint16_t status, const Body& body) {
  http::Reply reply{.status = status, .body = {}, .headers = {}};
  append_json(reply.body, body);
  return reply;
}

GetStatus::Time time_of(const timekeeping::TimeReport& report) {
  GetStatus::Time time;
  time.synchronised = report.uncertainty.has_value();
  time.jumps = report.jumps;
  if (report.uncertainty) time.uncertainty_ms.value = report.uncertainty->count();
  if (report.max_uncertainty) time.max_uncertainty_ms = report.max_uncertainty->count();
  if (report.last_jump) {
    time.last_jump_at = report.last_jump->to;
    time.last_jump_ms = report.last_jump->by.count();
  }
  return time;
}

}  // namespace

http::Reply healthz(Services&) { return json_reply(200, HealthzBody{"ok"}); }

http::Reply readyz(Services& services) {
  const auto health = services.status.health();
  const auto state = services.status.state();
  const bool ready = state == ApplianceState::operational && health.hsm_answers && health.storage_works;
  auto reply =
      json_reply(ready ? 200 : 503, ReadyzBody{ready ? "ready" : "not ready", to_string(state), health.hsm_answers,
                                               health.storage_works, health.altered_tables.empty()});
  if (!ready) reply.headers.push_back({"Retry-After", "1"});
  return reply;
}

http::Reply openapi(Services&) {
  static const std::string document = openapi_document(endpoint_table());
  return {.status = 200, .body = document, .headers = {}};
}

Task<Result<Done<GetStatus::Output>>> GetStatus::process(Services& services, Call<Input> call) {
  const auto health = services.status.health();
  Output output{.version = services.status.version(),
                .state = to_string(services.status.state()),
                .started_at = services.status.started_at(),
                .server_time = services.clock.now(),
                .storage_works = health.storage_works,
                .storage_has_room = health.storage_has_room,
                .rows_verified = health.rows_verified,
                .altered_tables = health.altered_tables,
                .audit_records = services.journal.size(),
                .time = time_of(services.time.report()),
                .hsm = {},
                .rotations = {}};
  output.hsm.answers = health.hsm_answers;
  output.hsm.worker_starts = health.worker_starts;
  output.hsm.worker_crashes = health.worker_crashes;
  output.hsm.worker_hangs = health.worker_hangs;
  output.hsm.leases = health.leases;
  output.hsm.lease_hits = health.lease_hits;
  output.hsm.lease_misses = health.lease_misses;
  // A token that does not answer is a finding of this report, not a reason to give none.
  if (auto hsm = co_await services.status.hsm()) {
    output.hsm.label = std::move(hsm->label);
    output.hsm.serial = std::move(hsm->serial);
    output.hsm.model = std::move(hsm->model);
    output.hsm.firmware = std::move(hsm->firmware);
    output.hsm.mechanisms = std::move(hsm->mechanisms);
    output.hsm.platform_kek_versions = std::move(hsm->platform_keks);
    output.hsm.audit_key_versions = std::move(hsm->audit_keys);
    output.hsm.backup_key_versions = std::move(hsm->backup_keys);
    output.hsm.unwraps = hsm->unwraps;
    output.hsm.refused = hsm->refused;
  }
  output.hsm.phase = health.hsm_phase;
  if (const auto rotations = services.rotations.open_now())
    for (const auto& rotation : *rotations) output.rotations.push_back(RotationView::of(rotation));
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return Done<Output>{std::move(output), std::move(receipt)};
}

}  // namespace kaito::api
