#include "appliance/http/listener.hpp"

#include <sys/resource.h>

#include <latch>

#include "appliance/http/acceptor.hpp"
#include "appliance/http/front.hpp"
#include "appliance/http/io_thread.hpp"

namespace kaito::http {

struct Listener::Parts {
  Parts(ListenerConfig config, TlsIdentity identity, Application& application, Logger& logger, const Clock& clock,
        Random& random)
      : front(std::move(config), std::move(identity), application, logger, clock, random) {
    for (unsigned i = 0; i < front.config.threads; ++i) threads.push_back(std::make_unique<IoThread>(front, i));
  }

  Front front;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::unique_ptr<Acceptor> acceptor;
  bool started = false;
};

namespace {

// Connections that the configuration allows and the process cannot have are turned away; the operator should know.
void warn_of_few_descriptors(std::size_t connections, Logger& logger) {
  constexpr rlim_t kOthers = 128;  // database, workers, logs
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= connections + kOthers) return;
  logger.warning("http.few_descriptors", {{"limit", limit.rlim_cur}, {"max_connections", connections}});
}

}  // namespace

Listener::Listener(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}

Result<std::unique_ptr<Listener>> Listener::open(ListenerConfig config, TlsIdentity identity, Application& application,
                                                 Logger& logger, const Clock& clock, Random& random) {
  if (config.threads < 1 || config.threads > 256)
    return fail(Code::configuration, "the number of I/O threads is not 1 to 256");
  if (config.deadlines.slowest_reader < 1) return fail(Code::configuration, "the slowest reader's rate is 0");
  warn_of_few_descriptors(config.max_connections, logger);
  auto parts = std::make_unique<Parts>(std::move(config), std::move(identity), application, logger, clock, random);
  KAITO_TRY(parts->acceptor, Acceptor::open(parts->front, parts->threads));
  return std::unique_ptr<Listener>(new Listener(std::move(parts)));
}

Listener::~Listener() {
  drain(Milliseconds{0});
  for (const auto& thread : parts_->threads) thread->stop();
}

std::uint16_t Listener::port() const noexcept { return parts_->acceptor->port(); }

void Listener::start() {
  KAITO_INVARIANT(!std::exchange(parts_->started, true));
  for (const auto& thread : parts_->threads) thread->start();
  IoThread& first = *parts_->threads.front();
  first.post([this] { parts_->acceptor->accept(); });
  parts_->front.logger.info("http.listening", {{"port", port()}, {"threads", parts_->front.config.threads}});
}

void Listener::drain(Milliseconds patience) {
  if (!parts_->started) return;
  Front& front = parts_->front;
  front.draining.store(true, std::memory_order_relaxed);
  // Returns when every thread has done it. By way of the first thread, and so behind the connections that it has handed
  // out: none comes to a thread afterwards.
  const auto everywhere = [this](void (IoThread::*action)()) {
    std::latch done(static_cast<std::ptrdiff_t>(parts_->threads.size()));
    parts_->threads.front()->post([this, action, &done] {
      parts_->acceptor->close();
      for (const auto& thread : parts_->threads)
        thread->post([&thread, action, &done] {
          (*thread.*action)();
          done.count_down();
        });
    });
    done.wait();
  };
  everywhere(&IoThread::close_idle);
  if (front.limits.wait_until_none(patience)) return;
  everywhere(&IoThread::cut_all);
  front.limits.wait_until_none();
}

void Listener::reload(TlsIdentity identity) { parts_->front.set_tls(identity.context()); }

Statistics Listener::statistics() const noexcept {
  Statistics sum;
  for (const auto& thread : parts_->threads) {
    const Counters& counters = thread->counters();
    sum.accepted += counters.accepted.load(std::memory_order_relaxed);
    sum.turned_away += counters.turned_away.load(std::memory_order_relaxed);
    sum.handshakes_failed += counters.handshakes_failed.load(std::memory_order_relaxed);
    sum.requests += counters.requests.load(std::memory_order_relaxed);
    sum.refused += counters.refused.load(std::memory_order_relaxed);
    sum.cut += counters.cut.load(std::memory_order_relaxed);
  }
  sum.connections = parts_->front.limits.count();
  return sum;
}

}  // namespace kaito::http
