// A TLS client that sends exactly the bytes it is told to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "appliance/base/unique_fd.hpp"
#include "appliance/http/openssl_handles.hpp"

namespace kaito::http {

// A connected TCP socket on 127.0.0.1 whose reads end after 20 s, so that a broken server fails a test and does not
// hang it. -1 inside when the connection is refused.
UniqueFd connect_to(std::uint16_t port);

struct TlsClientOptions {
  std::filesystem::path ca;  // trusted; empty: the server's certificate is not looked at
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  const char* tls12_suites = nullptr;
  std::string alpn;        // wire format; empty: none
  int receive_buffer = 0;  // bytes of SO_RCVBUF; 0: the kernel's choice
};

struct HttpReply {
  int status = 0;    // 0: the connection ended without one
  std::string head;  // with its last CRLF
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;  // name as the server writes it; empty when absent
};

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsClientOptions& options = {});

  [[nodiscard]] bool connected() const { return connected_; }
  // Why the handshake failed.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  [[nodiscard]] int socket() const { return fd_.get(); }

  // False when the server does not take it.
  bool send(std::string_view bytes);
  // The next reply; `has_body` is false for HEAD.
  HttpReply receive(bool has_body = true);
  HttpReply ask(std::string_view bytes) {
    send(bytes);
    return receive();
  }
  // Waits for the end of the connection: true when nothing more came before it.
  bool closed();
  // Sent as it is, below TLS.
  void send_raw(std::string_view bytes);

 private:
  bool fill();
  UniqueFd fd_;
  std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>> context_;
  SslPtr ssl_;
  bool connected_ = false;
  std::string failure_;
  std::string buffer_;
};

}  // namespace kaito::http
