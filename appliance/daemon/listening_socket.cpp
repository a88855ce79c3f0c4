#include "appliance/daemon/listening_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstring>

namespace kaito::daemon {
namespace {

constexpr int kBacklog = 1024;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<Address> parse(const std::string& text, std::uint16_t port) {
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&address.storage, &six, sizeof six);
    address.size = sizeof six;
  } else if (inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&address.storage, &four, sizeof four);
    address.size = sizeof four;
  } else {
    return fail(Code::configuration, "address '" + text + "' is neither IPv4 nor IPv6");
  }
  return address;
}

Result<UniqueFd> bind_and_listen(const Address& address) {
  const int family = address.storage.ss_family;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int off = 0;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (family == AF_INET6 && ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::listen(socket.get(), kBacklog) != 0)
    return fail(Code::configuration, fmt::format("the port cannot be had: {}", std::strerror(errno)));
  return socket;
}

Result<std::uint16_t> port_of(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return fail(Code::configuration, fmt::format("getsockname: {}", std::strerror(errno)));
  sockaddr_in6 six{};
  sockaddr_in four{};
  if (storage.ss_family == AF_INET6) {
    std::memcpy(&six, &storage, sizeof six);
    return ntohs(six.sin6_port);
  }
  std::memcpy(&four, &storage, sizeof four);
  return ntohs(four.sin_port);
}

}  // namespace

Result<ListeningSocket> listening_socket(const std::string& address, std::uint16_t port) {
  ListeningSocket listening;
  if (sd_listen_fds(/*unset_environment=*/1) > 0) {
    listening.socket = UniqueFd(SD_LISTEN_FDS_START);
  } else {
    KAITO_TRY(const Address bound, parse(address, port));
    KAITO_TRY(listening.socket, bind_and_listen(bound));
  }
  KAITO_TRY(listening.port, port_of(listening.socket.get()));
  return listening;
}

}  // namespace kaito::daemon
