#include "appliance/daemon/metrics.hpp"

#include "appliance/api/handlers/keys.hpp"
#include "hsm/client/call_statistics.hpp"

namespace kaito::daemon {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;
using Labels = std::vector<ClientMetric::Label>;

ClientMetric labelled(Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  return metric;
}

ClientMetric counted(double value, Labels labels = {}) {
  auto metric = labelled(std::move(labels));
  metric.counter.value = value;
  return metric;
}

ClientMetric measured(double value, Labels labels = {}) {
  auto metric = labelled(std::move(labels));
  metric.gauge.value = value;
  return metric;
}

MetricFamily& add(Families& families, MetricType type, std::string name, std::string help) {
  auto& family = families.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

void add_counter(Families& families, std::string name, std::string help, std::uint64_t value) {
  add(families, MetricType::Counter, std::move(name), std::move(help))
      .metric.push_back(counted(static_cast<double>(value)));
}

void add_gauge(Families& families, std::string name, std::string help, double value) {
  add(families, MetricType::Gauge, std::move(name), std::move(help)).metric.push_back(measured(value));
}

void add_health(Families& families, const Monitor& monitor) {
  const auto health = monitor.health();
  add(families, MetricType::Gauge, "kaito_info", "1; the program's version")
      .metric.push_back(measured(1, {{"version", monitor.version()}}));
  add_gauge(families, "kaito_start_time_seconds", "When the daemon started, since 1970",
            static_cast<double>(to_unix_ms(monitor.started_at())) / 1000);
  add_gauge(families, "kaito_hsm_answers", "1 when the last question with a known answer was answered right",
            health.hsm_answers ? 1 : 0);
  auto& phases = add(families, MetricType::Gauge, "kaito_hsm_worker_phase", "1 for the worker's present phase");
  for (const auto phase : {hsm::WorkerPhase::starting, hsm::WorkerPhase::running, hsm::WorkerPhase::restarting,
                           hsm::WorkerPhase::failed, hsm::WorkerPhase::stopped}) {
    const std::string name(hsm::to_string(phase));
    phases.metric.push_back(measured(name == health.hsm_phase ? 1 : 0, {{"phase", name}}));
  }
  add_counter(families, "kaito_hsm_worker_starts_total", "Worker processes started", health.worker_starts);
  add_counter(families, "kaito_hsm_worker_crashes_total", "Workers that ended by themselves", health.worker_crashes);
  add_counter(families, "kaito_hsm_worker_hangs_total", "Workers killed for their silence", health.worker_hangs);
  add_gauge(families, "kaito_dek_leases", "Unwrapped DEKs that may be used again", static_cast<double>(health.leases));
  add_counter(families, "kaito_dek_lease_hits_total", "DEKs given without the HSM", health.lease_hits);
  add_counter(families, "kaito_dek_lease_misses_total", "DEKs that were not under a lease", health.lease_misses);
  add_gauge(families, "kaito_storage_works", "0 after a commit has failed", health.storage_works ? 1 : 0);
  add_gauge(families, "kaito_rows_altered", "Tables whose rows were put back, added or removed outside the appliance",
            static_cast<double>(health.altered_tables.size()));
  add_gauge(families, "kaito_storage_has_room", "0 when the volume's reserve is touched",
            health.storage_has_room ? 1 : 0);
}

ClientMetric histogram(const hsm::CallCount& calls, Labels labels) {
  constexpr double kMicrosecond = 1e-6;
  auto metric = labelled(std::move(labels));
  metric.histogram.sample_count = calls.frames;
  metric.histogram.sample_sum = static_cast<double>(calls.microseconds) * kMicrosecond;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < calls.buckets.size(); ++i) {
    so_far += calls.buckets[i];
    metric.histogram.bucket.push_back({so_far, static_cast<double>(hsm::CallStatistics::kBounds.at(i)) * kMicrosecond});
  }
  metric.histogram.bucket.push_back({calls.frames, std::numeric_limits<double>::infinity()});
  return metric;
}

void add_hsm_calls(Families& families, const hsm::Client& hsm) {
  MetricFamily seconds;
  seconds.name = "kaito_hsm_call_seconds";
  seconds.help = "Frames that the worker has answered, from sending to answer; one frame may carry many DEKs";
  seconds.type = MetricType::Histogram;
  MetricFamily failed;
  failed.name = "kaito_hsm_calls_failed_total";
  failed.help = "Frames that were answered with an error";
  failed.type = MetricType::Counter;
  for (const auto& calls : hsm.call_counts()) {
    const std::string op(hsm::to_string(calls.op));
    seconds.metric.push_back(histogram(calls, {{"operation", op}}));
    failed.metric.push_back(counted(static_cast<double>(calls.failed), {{"operation", op}}));
  }
  families.push_back(std::move(seconds));
  families.push_back(std::move(failed));
  add_gauge(families, "kaito_hsm_calls_outstanding", "Calls that wait or are under way",
            static_cast<double>(hsm.state().outstanding));
}

void add_store(Families& families, const store::Store& store, const audit::Journal& journal) {
  const auto statistics = store.statistics();
  add_counter(families, "kaito_store_batches_total", "Transactions of the writer", statistics.batches);
  add_counter(families, "kaito_store_jobs_total", "Jobs in them", statistics.jobs);
  add_gauge(families, "kaito_store_jobs_waiting", "Jobs that wait for the writer",
            static_cast<double>(statistics.waiting));
  add_counter(families, "kaito_audit_records_total", "Records in the audit log", journal.size());
}

void add_time(Families& families, const timekeeping::TimeWatch& time) {
  constexpr double kSecond = 1000;
  const auto report = time.report();
  add_gauge(families, "kaito_time_synchronised", "1 while the kernel says how far the clock may be off",
            report.uncertainty ? 1 : 0);
  add_gauge(families, "kaito_time_uncertainty_seconds", "How far the clock may be off; NaN while nobody knows",
            report.uncertainty ? static_cast<double>(report.uncertainty->count()) / kSecond
                               : std::numeric_limits<double>::quiet_NaN());
  add_counter(families, "kaito_time_jumps_total", "Jumps of the wall clock", report.jumps);
}

std::string_view name_of(store::RotationState state) {
  switch (state) {
    case store::RotationState::running: return "running";
    case store::RotationState::paused: return "paused";
    case store::RotationState::failed: return "failed";
    default: return "ended";
  }
}

// Of the rotations that are open; an org's is named by its id.
void add_rotations(Families& families, keys::Rotations& rotations) {
  const auto open = rotations.open_now();
  if (!open) return;
  MetricFamily done{.name = "kaito_rotation_done",
                    .help = "Wrapped keys that an open rotation has wrapped anew",
                    .type = MetricType::Gauge,
                    .metric = {}};
  MetricFamily total{.name = "kaito_rotation_total",
                     .help = "Wrapped keys that an open rotation is to wrap anew",
                     .type = MetricType::Gauge,
                     .metric = {}};
  MetricFamily rate{
      .name = "kaito_rotation_rate", .help = "Wrapped keys a second, lately", .type = MetricType::Gauge, .metric = {}};
  for (const auto& progress : *open) {
    const auto& row = progress.rotation;
    Labels labels{{"rotation", row.id.str()},
                  {"key", std::string(audit::key_name(row.kind))},
                  {"state", std::string(name_of(row.state))}};
    if (row.org) labels.push_back({"org", row.org->str()});
    done.metric.push_back(measured(static_cast<double>(row.done), labels));
    total.metric.push_back(measured(static_cast<double>(row.total), labels));
    rate.metric.push_back(measured(progress.rate.value_or(0), labels));
  }
  for (auto* family : {&done, &total, &rate}) families.push_back(std::move(*family));
}

// An HSM bears the name that the operator has given it.
void add_customers_hsms(Families& families, const keys::HsmConnections& hsms) {
  const auto reports = hsms.report();
  if (reports.empty()) return;
  auto& states =
      add(families, MetricType::Gauge, "kaito_customer_hsm_state", "1 for the present state of a customer's HSM");
  for (const auto& report : reports)
    for (const auto& [state, name] : api::EnumNames<keys::HsmConnectionState>::table)
      states.metric.push_back(
          measured(state == report.state ? 1 : 0, {{"hsm", report.name}, {"state", std::string(name)}}));
  const auto add_each = [&](MetricType type, std::string name, std::string help, auto member) {
    auto& family = add(families, type, std::move(name), std::move(help));
    for (const auto& report : reports) {
      const auto value = static_cast<double>(report.*member);
      Labels labels{{"hsm", report.name}};
      family.metric.push_back(type == MetricType::Counter ? counted(value, std::move(labels))
                                                          : measured(value, std::move(labels)));
    }
  };
  using Report = keys::HsmConnectionReport;
  add_each(MetricType::Counter, "kaito_customer_hsm_worker_starts_total", "Worker processes started", &Report::starts);
  add_each(MetricType::Counter, "kaito_customer_hsm_worker_crashes_total", "Workers that ended by themselves",
           &Report::crashes);
  add_each(MetricType::Counter, "kaito_customer_hsm_worker_hangs_total", "Workers killed for their silence",
           &Report::hangs);
  add_each(MetricType::Gauge, "kaito_customer_hsm_calls_outstanding", "Calls that wait or are under way",
           &Report::outstanding);
}

void add_requests(Families& families, const api::RequestCounts& requests, const http::Listener& listener) {
  auto& family = add(families, MetricType::Counter, "kaito_requests_total",
                     "Requests by endpoint (its action in the audit log) and status; 0: any other status");
  for (const auto& count : requests.counts())
    family.metric.push_back(
        counted(static_cast<double>(count.count),
                {{"endpoint", std::string(count.endpoint == nullptr ? "none" : count.endpoint->action)},
                 {"status", std::to_string(count.status)}}));
  const auto statistics = listener.statistics();
  add_gauge(families, "kaito_connections", "Connections now", static_cast<double>(statistics.connections));
  add_counter(families, "kaito_connections_accepted_total", "Connections accepted", statistics.accepted);
  add_counter(families, "kaito_connections_turned_away_total", "Connections over a limit", statistics.turned_away);
  add_counter(families, "kaito_tls_handshakes_failed_total", "TLS handshakes that failed",
              statistics.handshakes_failed);
  add_counter(families, "kaito_requests_refused_total", "Requests that the guard refused", statistics.refused);
  add_counter(families, "kaito_connections_cut_total", "Connections cut by a deadline", statistics.cut);
}

}  // namespace

std::vector<MetricFamily> Metrics::Collect() const {
  Families families;
  add_health(families, sources_.monitor);
  add_hsm_calls(families, sources_.hsm);
  add_store(families, sources_.store, sources_.journal);
  add_time(families, sources_.time);
  add_rotations(families, sources_.rotations);
  add_customers_hsms(families, sources_.customers_hsms);
  add_requests(families, sources_.requests, sources_.listener);
  return families;
}

MetricsListener::MetricsListener(const std::string& address, MetricSources sources)
    : metrics_(std::make_shared<Metrics>(sources)), exposer_(address, 1) {
  exposer_.RegisterCollectable(metrics_);
}

Result<std::unique_ptr<MetricsListener>> MetricsListener::open(const std::string& address, MetricSources sources) {
  try {
    return std::unique_ptr<MetricsListener>(new MetricsListener(address, sources));
  } catch (const std::exception& error) {
    return fail(Code::configuration, fmt::format("metrics-address {}: {}", address, error.what()));
  }
}

int MetricsListener::port() const {
  const auto ports = exposer_.GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace kaito::daemon
