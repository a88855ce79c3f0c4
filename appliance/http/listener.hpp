// The HTTPS front: accepts connections, speaks TLS and HTTP/1.1, and hands each request to the Application.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/unique_fd.hpp"
#include "appliance/http/application.hpp"
#include "appliance/http/ip_network.hpp"
#include "appliance/http/tls_identity.hpp"

namespace kaito::http {

// How long a peer may take. A deadline that passes closes the connection; the resolution is 100 ms.
struct Deadlines {
  Milliseconds handshake{10'000};          // TLS, from accept
  Milliseconds head{10'000};               // from the first byte of a head to its last
  Milliseconds idle{60'000};               // between requests
  Milliseconds request{60'000};            // from the complete head to the reply's first byte
  Milliseconds write{30'000};              // for the peer to take one reply, and its size / slowest_reader more
  std::size_t slowest_reader = 64 * 1024;  // bytes a second, at least 1
  Milliseconds linger{2'000};              // for the peer to read the last reply after it was refused
};

struct ListenerConfig {
  IpAddress address;       // :: accepts IPv4 as well
  std::uint16_t port = 0;  // 0: the kernel chooses
  // A listening TCP socket from the service manager (LISTEN_FDS); address and port are then not used.
  UniqueFd inherited_socket;
  unsigned threads = 2;  // 1 to 256
  std::size_t max_connections = 10'240;
  std::size_t max_connections_per_peer = 1'024;  // by the socket's address (IPv6: its /64); trusted proxies are exempt
  // Names (lower case) and addresses that Host may hold; empty: any that is well-formed. Otherwise 421.
  std::vector<std::string> hosts;
  // Peers whose X-Forwarded-For is believed: the right-most address in it that is not itself trusted is the client.
  // Empty: the header is ignored.
  std::vector<IpNetwork> trusted_proxies;
  Deadlines deadlines;
};

// Counters since open(), except `connections`, which is now.
struct Statistics {
  std::uint64_t accepted = 0;
  std::uint64_t turned_away = 0;        // over a connection limit, or out of descriptors
  std::uint64_t handshakes_failed = 0;  // includes those cut by the deadline
  std::uint64_t requests = 0;           // handed to the application
  std::uint64_t refused = 0;            // by the guard
  std::uint64_t cut = 0;                // by a deadline
  std::uint64_t connections = 0;
};

// Thread-safe, but for start() and destruction. Not to be drained or destroyed from an I/O thread.
class Listener {
 public:
  // Binds and listens, or checks the inherited socket. `application`, `logger`, `clock` and `random` outlive the
  // Listener. Code::configuration when the address cannot be had.
  static Result<std::unique_ptr<Listener>> open(ListenerConfig config, TlsIdentity identity, Application& application,
                                                Logger& logger, const Clock& clock, Random& random);
  // Cuts what is left, then waits until the application has ended every request.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  // Starts the I/O threads; once.
  void start();
  // Stops accepting, closes idle connections, lets requests in flight end and their connections close; after `patience`
  // cuts the rest. Returns when no connection is left.
  void drain(Milliseconds patience);
  // For handshakes that begin from now on.
  void reload(TlsIdentity identity);
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  struct Parts;
  explicit Listener(std::unique_ptr<Parts> parts) noexcept;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kaito::http
