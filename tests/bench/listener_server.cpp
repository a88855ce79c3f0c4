// The product's HTTPS front alone, with the bare server's 100 bytes as its application: what guard, deadlines, limits,
// request identifiers and security headers cost.
//
//   listener_server THREADS DIRECTORY      prints the port on 127.0.0.1; ends on SIGTERM
#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>

#include "appliance/http/listener.hpp"
#include "appliance/http/own_ca.hpp"

namespace kaito::audit {

// Stands for the journal, which alone can seal a reply. This program has nothing to record.
class Journal {
 public:
  static http::SealedReply seal(http::Reply reply) { return http::SealedReply(std::move(reply)); }
};

}  // namespace kaito::audit

namespace {

using namespace kaito;

class FixedAnswer final : public http::Application {
 public:
  Task<http::SealedReply> serve(http::Request&) override {
    co_return audit::Journal::seal({.body = std::string(100, 'x')});
  }
  http::SealedReply refuse(const http::Refusal& refusal, const http::IpAddress&) override {
    return audit::Journal::seal({.status = refusal.status});
  }
};

Result<std::unique_ptr<http::Listener>> open(unsigned threads, const char* directory, FixedAnswer& application,
                                             Logger& logger, const Clock& clock, Random& random) {
  const http::IpAddress loopback = http::IpAddress::v4({127, 0, 0, 1});
  KAITO_TRY(const http::OwnCa ca, http::make_own_ca(directory, {"localhost"}, {loopback}, clock, random));
  KAITO_TRY(http::TlsIdentity identity, http::TlsIdentity::load(ca.server, clock));
  http::ListenerConfig config{.address = loopback, .threads = threads};
  config.max_connections_per_peer = config.max_connections;  // the load comes from one address
  return http::Listener::open(std::move(config), std::move(identity), application, logger, clock, random);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned threads = 0;
  const std::string_view count = argc == 3 ? argv[1] : "";
  std::from_chars(count.data(), count.data() + count.size(), threads);
  if (threads == 0) {
    fmt::print(stderr, "usage: listener_server THREADS DIRECTORY\n");
    return 2;
  }
  sigset_t ending{};
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, nullptr);

  const SystemClock clock;
  SystemRandom random;
  StderrSink sink;
  Logger logger(sink, clock, LogLevel::warning);
  FixedAnswer application;
  const auto listener = open(threads, argv[2], application, logger, clock, random);
  if (!listener) {
    fmt::print(stderr, "{}\n", listener.error().describe());
    return 1;
  }
  (*listener)->start();
  fmt::print("{}\n", (*listener)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
}
