#include "appliance/http/acceptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>

namespace kaito::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds kPause{100};

std::unexpected<Error> wrong(std::string_view what, const error_code& error) {
  return fail(Code::configuration, fmt::format("{}: {}", what, error.message()));
}

UniqueFd make_reserve() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

tcp::endpoint endpoint_of(const ListenerConfig& config) {
  const ByteView bytes = config.address.bytes();
  if (config.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4{};
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return {asio::ip::address_v4(v4), config.port};
  }
  asio::ip::address_v6::bytes_type v6{};
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return {asio::ip::address_v6(v6), config.port};
}

}  // namespace

Acceptor::Acceptor(Front& front, std::vector<std::unique_ptr<IoThread>>& threads)
    : front_(front),
      threads_(threads),
      acceptor_(threads.front()->context().get_executor()),
      pause_(threads.front()->context().get_executor()),
      reserve_(make_reserve()) {}

Result<std::unique_ptr<Acceptor>> Acceptor::open(Front& front, std::vector<std::unique_ptr<IoThread>>& threads) {
  std::unique_ptr<Acceptor> acceptor(new Acceptor(front, threads));
  KAITO_CHECK(front.config.inherited_socket ? acceptor->inherit() : acceptor->bind());
  error_code error;
  acceptor->port_ = acceptor->acceptor_.local_endpoint(error).port();
  if (error) return wrong("the listening socket has no address", error);
  return acceptor;
}

Status Acceptor::bind() {
  const tcp::endpoint endpoint = endpoint_of(front_.config);
  const std::string where = fmt::format("{} port {}", front_.config.address.str(), front_.config.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (error) return wrong("a listening socket could not be made for " + where, error);
  // A restarted daemon gets its port back while old connections linger in the kernel.
  acceptor_.set_option(AsioAcceptor::reuse_address(true), error);
  if (!error && !front_.config.address.is_v4()) acceptor_.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(AsioAcceptor::max_listen_connections, error);
  if (error) return wrong("cannot listen on " + where, error);
  return {};
}

Status Acceptor::inherit() {
  const int fd = front_.config.inherited_socket.get();
  int listening = 0;
  int family = 0;
  int type = 0;
  const auto get = [fd](int option, int& value) {
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0;
  };
  if (!get(SO_ACCEPTCONN, listening) || !get(SO_DOMAIN, family) || !get(SO_TYPE, type))
    return fail(Code::configuration, "the inherited descriptor is no socket");
  if (listening == 0 || type != SOCK_STREAM || (family != AF_INET && family != AF_INET6))
    return fail(Code::configuration, "the inherited socket does not listen for TCP connections");
  error_code error;
  acceptor_.assign(family == AF_INET ? tcp::v4() : tcp::v6(), fd, error);
  if (error) return wrong("the inherited socket cannot be used", error);
  static_cast<void>(front_.config.inherited_socket.release());
  return {};
}

void Acceptor::accept() {
  if (closed_) return;
  IoThread& thread = *threads_[next_ % threads_.size()];
  acceptor_.async_accept(thread.context(), peer_, [this, &thread](const error_code& error, Socket socket) {
    if (closed_) return;
    if (!error) {
      ++next_;
      accepted(std::move(socket), thread);
      return accept();
    }
    if (error == asio::error::no_descriptors || error.value() == ENFILE) return out_of_descriptors();
    // The peer has gone meanwhile: the next one may be fine. Anything else (no memory) would fail again at once.
    if (error == asio::error::connection_aborted) return accept();
    accept_later();
  });
}

void Acceptor::accepted(Socket socket, IoThread& thread) {
  Counters& counters = threads_.front()->counters();
  Counters::count(counters.accepted);
  const IpAddress peer = IpAddress::from_socket(*reinterpret_cast<const sockaddr*>(peer_.data()));
  const bool exempt = std::any_of(front_.config.trusted_proxies.begin(), front_.config.trusted_proxies.end(),
                                  [&](const IpNetwork& range) { return range.contains(peer); });
  if (!front_.limits.enter(peer, exempt)) return Counters::count(counters.turned_away);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  thread.post([&thread, peer, handed = std::move(socket)]() mutable { thread.adopt(std::move(handed), peer); });
}

// Without this the connection stays in the queue and accept() fails for it again at once, for ever.
void Acceptor::out_of_descriptors() {
  Counters::count(threads_.front()->counters().turned_away);
  front_.logger.warning("http.out_of_descriptors");
  reserve_.reset();
  UniqueFd dropped(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  dropped.reset();
  reserve_ = make_reserve();
  accept_later();
}

void Acceptor::accept_later() {
  pause_.expires_after(kPause);
  pause_.async_wait([this](const error_code&) { accept(); });
}

void Acceptor::close() noexcept {
  closed_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

}  // namespace kaito::http
