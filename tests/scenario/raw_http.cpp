#include "tests/scenario/raw_http.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <charconv>
#include <memory>
#include <stdexcept>

#include "appliance/base/unique_fd.hpp"

namespace kaito::test {
namespace {

constexpr time_t kPatienceSeconds = 10;

struct ContextFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

UniqueFd connect_to(const TestAppliance& appliance) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int at_once = 1;  // or the request waits for the acknowledgement of the handshake's last flight
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(appliance.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the appliance does not accept a connection");
  return socket;
}

class TlsClient {
 public:
  TlsClient(const TestAppliance& appliance, const std::filesystem::path& ca, const TlsBounds& bounds)
      : socket_(connect_to(appliance)), context_(SSL_CTX_new(TLS_client_method())) {
    // The appliance may close while bytes are still being sent; that is no reason to end the test program.
    ::signal(SIGPIPE, SIG_IGN);
    // Level 0 lets this client offer what Debian's OpenSSL would not.
    SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context_.get(), bounds.lowest);
    SSL_CTX_set_max_proto_version(context_.get(), bounds.highest);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (!ca.empty()) SSL_CTX_load_verify_locations(context_.get(), ca.c_str(), nullptr);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set1_host(ssl_.get(), "localhost");
    SSL_set_tlsext_host_name(ssl_.get(), "localhost");
    SSL_set_fd(ssl_.get(), socket_.get());
  }

  // Empty, or why not.
  std::string handshake() {
    ERR_clear_error();
    if (SSL_connect(ssl_.get()) == 1) return {};
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
    return text.data();
  }

  void send(std::string_view bytes) {
    if (!bytes.empty()) SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }

  std::string receive_once() {
    std::string some(16384, '\0');
    const int count = SSL_read(ssl_.get(), some.data(), static_cast<int>(some.size()));
    some.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return some;
  }

  std::string receive() {
    std::string all;
    std::array<char, 16384> buffer{};
    for (;;) {
      const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (count <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  UniqueFd socket_;
  std::unique_ptr<SSL_CTX, ContextFree> context_;
  std::unique_ptr<SSL, SslFree> ssl_;
};

std::string head_of(const RawRequest& request) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request.method, request.target);
  for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty()) head += fmt::format("Content-Length: {}\r\n", request.body.size());
  return head;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

}  // namespace

std::string handshake(const TestAppliance& appliance, const std::filesystem::path& ca, const TlsBounds& bounds) {
  return TlsClient(appliance, ca, bounds).handshake();
}

std::string raw_exchange(const TestAppliance& appliance, std::string_view bytes) {
  TlsClient client(appliance, appliance.ca(), {});
  if (const std::string failure = client.handshake(); !failure.empty()) throw std::runtime_error(failure);
  client.send(bytes);
  return client.receive();
}

cli::Response raw_request(const TestAppliance& appliance, const RawRequest& request) {
  return parse_response(raw_exchange(appliance, head_of(request) + "\r\n" + request.body));
}

cli::Response raw_request(const TestAppliance& appliance, const RawRequest& request,
                          const std::function<void()>& meanwhile) {
  TlsClient client(appliance, appliance.ca(), {});
  if (const std::string failure = client.handshake(); !failure.empty()) throw std::runtime_error(failure);
  client.send(head_of(request) + "Expect: 100-continue\r\n\r\n");
  if (const auto interim = client.receive_once(); !interim.starts_with("HTTP/1.1 100 "))
    throw std::runtime_error("the appliance does not want the body: " + interim);
  meanwhile();
  client.send(request.body);
  return parse_response(client.receive());
}

cli::Response parse_response(std::string_view bytes) {
  cli::Response response;
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!bytes.starts_with(kVersion)) return response;
  std::from_chars(bytes.data() + kVersion.size(), bytes.data() + bytes.size(), response.status);
  while (true) {
    const auto end = bytes.find("\r\n");
    if (end == std::string_view::npos) return response;
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    if (line.empty()) break;
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) response.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  response.body = bytes;
  return response;
}

}  // namespace kaito::test
