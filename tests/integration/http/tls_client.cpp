#include "tests/integration/http/tls_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <csignal>

namespace kaito::http {
namespace {

UniqueFd connect_with(std::uint16_t port, int receive_buffer) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer > 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return UniqueFd();
  return fd;
}

}  // namespace

UniqueFd connect_to(std::uint16_t port) { return connect_with(port, 0); }

std::string HttpReply::header(std::string_view name) const {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return {};
  return head.substr(at + start.size(), head.find("\r\n", at + 2) - at - start.size());
}

TlsClient::TlsClient(std::uint16_t port, const TlsClientOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2)
  fd_ = connect_with(port, options.receive_buffer);
  if (!fd_) {
    failure_ = "connection refused";
    return;
  }
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context_.get(), 0);  // so that old versions and weak suites are offered at all
  SSL_CTX_set_min_proto_version(context_.get(), options.min_version);
  SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
  if (options.tls12_suites) SSL_CTX_set_cipher_list(context_.get(), options.tls12_suites);
  if (!options.ca.empty()) {
    SSL_CTX_load_verify_file(context_.get(), options.ca.c_str());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  if (!options.alpn.empty())
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(options.alpn.data()),
                            static_cast<unsigned>(options.alpn.size()));
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_.get());
  if (!options.ca.empty()) SSL_set1_host(ssl_.get(), "localhost");
  ERR_clear_error();
  connected_ = SSL_connect(ssl_.get()) == 1;
  if (!connected_) failure_ = openssl_reason();
}

bool TlsClient::send(std::string_view bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  return connected_ && SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) == 1;
}

bool TlsClient::fill() {
  std::array<char, 16 * 1024> chunk{};
  std::size_t count = 0;
  ERR_clear_error();
  if (!connected_ || SSL_read_ex(ssl_.get(), chunk.data(), chunk.size(), &count) != 1) return false;
  buffer_.append(chunk.data(), count);
  return true;
}

HttpReply TlsClient::receive(bool has_body) {
  HttpReply reply;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  const std::string length = reply.header("Content-Length");
  const std::size_t size = has_body && !length.empty() ? std::stoul(length) : 0;
  while (buffer_.size() < size)
    if (!fill()) return {};
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  reply.status = std::stoi(reply.head.substr(9, 3));
  return reply;
}

bool TlsClient::closed() {
  while (fill()) {
  }
  const int last = connected_ ? SSL_get_error(ssl_.get(), 0) : SSL_ERROR_ZERO_RETURN;
  // A time-out of the socket would come as EAGAIN.
  return buffer_.empty() && !(last == SSL_ERROR_SYSCALL && (errno == EAGAIN || errno == EWOULDBLOCK)) &&
         last != SSL_ERROR_WANT_READ;
}

void TlsClient::send_raw(std::string_view bytes) {
  static_cast<void>(!::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace kaito::http
