// The yardstick: what a plain Beast TLS server does on this machine. It answers every request with the same 100 bytes
// over TLS keep-alive, and does nothing else: no guard, no deadlines, no limits, no application. One event loop a
// thread, no strand, a parser and buffers that live as long as the connection, one write a reply.
//
//   bare_server THREADS DIRECTORY      prints the port on 127.0.0.1; the certificate is made in DIRECTORY
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "appliance/http/own_ca.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Response = http::response<http::string_body>;

constexpr std::size_t kBodySize = 100;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, asio::ssl::context& context, const Response& response)
      : stream_(std::move(socket), context), response_(response) {}

  void start() {
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](beast::error_code error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    parser_.emplace();
    http::async_read(stream_, buffer_, *parser_, beast::bind_front_handler(&Session::on_read, shared_from_this()));
  }
  void on_read(beast::error_code error, std::size_t) {
    if (error) return;
    http::async_write(stream_, response_, beast::bind_front_handler(&Session::on_write, shared_from_this()));
  }
  void on_write(beast::error_code error, std::size_t) {
    if (!error && parser_->get().keep_alive()) read();
  }

  beast::ssl_stream<Socket> stream_;
  beast::flat_static_buffer<8192> buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  const Response& response_;
};

class Server {
 public:
  Server(unsigned threads, asio::ssl::context& tls) : tls_(tls), response_(http::status::ok, 11) {
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(true);
    response_.body() = std::string(kBodySize, 'x');
    response_.prepare_payload();
    for (unsigned i = 0; i < threads; ++i) contexts_.push_back(std::make_unique<asio::io_context>(1));
    acceptor_.emplace(*contexts_.front(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    accept();
  }

  [[nodiscard]] unsigned short port() const { return acceptor_->local_endpoint().port(); }

  void run() {
    std::vector<std::thread> threads;
    for (const auto& context : contexts_)
      threads.emplace_back([&context] {
        const auto work = asio::make_work_guard(*context);
        context->run();
      });
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void accept() {
    asio::io_context& context = *contexts_[next_++ % contexts_.size()];
    acceptor_->async_accept(context, [this, &context](beast::error_code error, Socket socket) {
      if (!error) {
        socket.set_option(tcp::no_delay(true));
        const auto session = std::make_shared<Session>(std::move(socket), tls_, response_);
        asio::post(context, [session] { session->start(); });
      }
      accept();
    });
  }

  asio::ssl::context& tls_;
  Response response_;
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::optional<asio::basic_socket_acceptor<tcp, Executor>> acceptor_;
  std::size_t next_ = 0;
};

// The product's policy (appliance/http/tls_identity.cpp), set by the ordinary means.
asio::ssl::context make_tls(const kaito::http::TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 | SSL_OP_NO_TICKET |
                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_cipher_list(native, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set_ciphersuites(native, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  context.use_certificate_chain_file(files.chain.string());
  context.use_private_key_file(files.key.string(), asio::ssl::context::pem);
  return context;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned threads = 0;
  const std::string_view count = argc == 3 ? argv[1] : "";
  std::from_chars(count.data(), count.data() + count.size(), threads);
  if (threads < 1 || threads > 256) {
    fmt::print(stderr, "usage: bare_server THREADS DIRECTORY\n");
    return 2;
  }
  kaito::SystemRandom random;
  const kaito::SystemClock clock;
  const auto ca =
      kaito::http::make_own_ca(argv[2], {"localhost"}, {kaito::http::IpAddress::v4({127, 0, 0, 1})}, clock, random);
  if (!ca) {
    fmt::print(stderr, "{}\n", ca.error().describe());
    return 1;
  }
  asio::ssl::context tls = make_tls(ca->server);
  Server server(threads, tls);
  fmt::print("{}\n", server.port());
  std::fflush(stdout);
  server.run();
}
