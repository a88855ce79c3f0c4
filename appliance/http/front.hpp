// What all connections of a listener share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "appliance/http/connection_limits.hpp"
#include "appliance/http/head_guard.hpp"
#include "appliance/http/listener.hpp"

namespace kaito::http {

// Set once, but for what says that it is thread-safe.
struct Front {
  Front(ListenerConfig given, TlsIdentity identity, Application& served, Logger& log, const Clock& time, Random& source)
      : config(std::move(given)),
        policy{config.hosts},
        application(served),
        logger(log),
        clock(time),
        random(source),
        limits(config.max_connections, config.max_connections_per_peer),
        tls_(identity.context()) {}

  // Thread-safe.
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> tls() const {
    const std::scoped_lock lock(tls_mutex_);
    return tls_;
  }
  void set_tls(std::shared_ptr<ssl_ctx_st> context) {
    const std::scoped_lock lock(tls_mutex_);
    tls_ = std::move(context);
  }

  ListenerConfig config;
  HeadPolicy policy;
  Application& application;
  Logger& logger;
  const Clock& clock;
  Random& random;
  ConnectionLimits limits;            // thread-safe
  std::atomic<bool> draining{false};  // connections close after their reply

 private:
  mutable std::mutex tls_mutex_;
  std::shared_ptr<ssl_ctx_st> tls_;
};

}  // namespace kaito::http
