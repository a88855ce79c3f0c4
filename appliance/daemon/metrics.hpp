// The appliance's numbers in Prometheus' text format. They are gathered when they are asked for, from counters that are
// kept anyway; a request costs one atomic addition. No name of an org, a person or a seed is among them.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "appliance/api/request_counts.hpp"
#include "appliance/daemon/monitor.hpp"
#include "appliance/http/listener.hpp"
#include "appliance/keys/rotations.hpp"
#include "appliance/timekeeping/time_watch.hpp"

namespace kaito::daemon {

// References: the daemon owns every part and outlives this.
struct MetricSources {
  const Monitor& monitor;
  const store::Store& store;
  const audit::Journal& journal;
  const hsm::Client& hsm;
  const http::Listener& listener;
  const api::RequestCounts& requests;
  keys::Rotations& rotations;
  const keys::HsmConnections& customers_hsms;
  const timekeeping::TimeWatch& time;
};

// Thread-safe.
class Metrics final : public prometheus::Collectable {
 public:
  explicit Metrics(MetricSources sources) : sources_(sources) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const MetricSources sources_;
};

// Serves GET /metrics by plain HTTP, to whoever reaches the address: loopback, unless the configuration allows more.
class MetricsListener {
 public:
  // `address` is HOST:PORT with a numeric host. Code::configuration when it cannot be had.
  static Result<std::unique_ptr<MetricsListener>> open(const std::string& address, MetricSources sources);
  [[nodiscard]] int port() const;

 private:
  MetricsListener(const std::string& address, MetricSources sources);
  std::shared_ptr<Metrics> metrics_;
  prometheus::Exposer exposer_;
};

}  // namespace kaito::daemon
