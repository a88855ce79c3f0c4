// Deadlines, limits, and the end of a listener. Short deadlines stand for the long ones; the tests wait on sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/integration/http/served.hpp"

namespace kaito::http {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr Milliseconds kShort{150};

class Limits : public Served {
 protected:
  // True when the server ends the connection.
  static bool ends(int socket) {
    std::array<char, 256> bytes{};
    ssize_t count = 0;
    while ((count = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0) {
    }
    return count == 0 || errno == ECONNRESET;
  }
  void hold_requests() {
    auto [future, completer] = make_future<int>();
    application_.gate.emplace(std::move(future));
    release_.emplace(std::move(completer));
  }
  std::optional<Completer<int>> release_;
};

TEST_F(Limits, F73CutsAHandshakeThatStalls) {
  ListenerConfig config;
  config.deadlines.handshake = kShort;
  start(std::move(config));
  const UniqueFd silent = connect_to(port());
  const UniqueFd stalled = connect_to(port());
  ASSERT_EQ(::send(stalled.get(), "\x16\x03\x01\x02", 4, 0), 4);
  EXPECT_TRUE(ends(silent.get()));
  EXPECT_TRUE(ends(stalled.get()));
  EXPECT_EQ(listener_->statistics().handshakes_failed, 2U);
}

TEST_F(Limits, F73CutsASlowHead) {
  ListenerConfig config;
  config.deadlines.head = kShort;
  start(std::move(config));
  TlsClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(application_.served, 0);
  EXPECT_EQ(listener_->statistics().cut, 1U);
}

TEST_F(Limits, F73CutsASlowHeadThatKeepsTrickling) {
  ListenerConfig config;
  config.deadlines.head = kShort;
  start(std::move(config));
  TlsClient client(port());
  client.send("GET / HTTP/1.1\r\n");
  pollfd end{.fd = client.socket(), .events = POLLIN};
  while (::poll(&end, 1, 5) == 0) client.send("x");  // each byte alone is quick
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(application_.served, 0);
  EXPECT_EQ(listener_->statistics().cut, 1U);
}

TEST_F(Limits, F73CutsASlowBody) {
  application_.body_deadline = kShort;
  start();
  TlsClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nonly this");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(listener_->statistics().cut, 1U);
}

TEST_F(Limits, ClosesAnIdleConnectionInOrder) {
  ListenerConfig config;
  config.deadlines.idle = kShort;
  start(std::move(config));
  TlsClient client(port());
  EXPECT_EQ(client.ask(kGet).status, 200);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN) << "close_notify came";
  EXPECT_EQ(listener_->statistics().cut, 0U);
}

TEST_F(Limits, AnIdleConnectionServesAgainAfterItsBuffersWereGivenBack) {
  ListenerConfig config;
  config.deadlines.idle = Milliseconds(2'500);
  start(std::move(config));
  TlsClient sleeper(port());
  EXPECT_EQ(sleeper.ask(kGet).status, 200);
  TlsClient timer(port());  // ends after the sleeper has been idle for longer than a second
  EXPECT_EQ(timer.ask(kGet).status, 200);
  EXPECT_EQ(sleeper.ask(kGet).status, 200);
  EXPECT_TRUE(timer.closed());
}

TEST_F(Limits, CutsARequestThatTheApplicationDoesNotAnswerInTime) {
  hold_requests();
  ListenerConfig config;
  config.deadlines.request = kShort;
  start(std::move(config));
  TlsClient client(port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(listener_->statistics().connections, 1U) << "it ends with its request";
  release_->set(1);
  EXPECT_TRUE(eventually([this] { return listener_->statistics().connections == 0; }));
}

TEST_F(Limits, F73CutsAReaderThatDoesNotRead) {
  application_.reply_size = 20'000'000;  // more than the two sockets' buffers hold
  ListenerConfig config;
  config.deadlines.write = kShort;
  config.deadlines.slowest_reader = std::size_t{1} << 30;
  start(std::move(config));
  TlsClient client(port(), {.receive_buffer = 4096});
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([this] { return listener_->statistics().cut == 1; }));
}

TEST_F(Limits, F73IdleConnectionsDoNotDisturbOthers) {
  start();
  std::vector<std::unique_ptr<TlsClient>> idle;
  for (int i = 0; i < 300; ++i) {
    idle.push_back(std::make_unique<TlsClient>(port()));
    ASSERT_TRUE(idle.back()->connected());
  }
  TlsClient busy(port());
  for (int i = 0; i < 200; ++i) ASSERT_EQ(busy.ask(kGet).status, 200);
  for (const auto& client : idle) EXPECT_EQ(client->ask(kGet).status, 200);
  EXPECT_EQ(listener_->statistics().connections, 301U);
}

TEST_F(Limits, TurnsAwayConnectionsOverTheLimitPerPeerAndInAll) {
  for (const bool per_peer : {true, false}) {
    ListenerConfig config;
    (per_peer ? config.max_connections_per_peer : config.max_connections) = 2;
    start(std::move(config));
    auto first = std::make_unique<TlsClient>(port());
    TlsClient second(port());
    EXPECT_EQ(first->ask(kGet).status, 200);
    EXPECT_EQ(second.ask(kGet).status, 200);
    EXPECT_FALSE(TlsClient(port()).connected());
    EXPECT_EQ(listener_->statistics().turned_away, 1U);
    first.reset();
    ASSERT_TRUE(eventually([this] { return listener_->statistics().connections == 1; }));
    EXPECT_EQ(TlsClient(port()).ask(kGet).status, 200);
  }
}

TEST_F(Limits, SurvivesRunningOutOfDescriptors) {
  start();
  TlsClient before(port());
  ASSERT_EQ(before.ask(kGet).status, 200);
  const UniqueFd waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  // The lowest free descriptor: with the limit there, none can be opened.
  const UniqueFd lowest(::dup(0));
  rlimit none_left = limit;
  none_left.rlim_cur = static_cast<rlim_t>(lowest.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(ends(waiting.get())) << "closed at once, not left in the queue";
  EXPECT_EQ(before.ask(kGet).status, 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_LE(listener_->statistics().turned_away, 2U) << "no busy loop";
  EXPECT_EQ(TlsClient(port()).ask(kGet).status, 200);
}

TEST_F(Limits, DrainEndsRequestsInFlightAndClosesIdleConnections) {
  hold_requests();
  start();
  TlsClient idle(port());
  EXPECT_EQ(idle.ask(kGet).status, 200);
  TlsClient busy(port());
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  application_.waiting.wait(0);
  std::thread draining([this] { listener_->drain(Seconds(20)); });
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(connect_to(port())) << "no longer accepting";
  release_->set(1);
  const HttpReply reply = busy.receive();
  EXPECT_EQ(reply.body, "GET /wait?");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(busy.closed());
  busy = TlsClient(port());  // gone, so that nothing lingers
  draining.join();
  EXPECT_EQ(listener_->statistics().connections, 0U);
}

TEST_F(Limits, DrainCutsWhatDoesNotEndInTime) {
  start();
  TlsClient slow(port());
  slow.send("GET / HTTP/1.1\r\nHo");
  const UniqueFd silent = connect_to(port());
  ASSERT_TRUE(eventually([this] { return listener_->statistics().connections == 2; }));
  listener_->drain(Milliseconds(50));
  EXPECT_TRUE(slow.closed());
  EXPECT_TRUE(ends(silent.get()));
  EXPECT_EQ(listener_->statistics().connections, 0U);
}

TEST_F(Limits, EndsWithConnectionsOpen) {
  start();
  TlsClient idle(port());
  EXPECT_EQ(idle.ask(kGet).status, 200);
  listener_.reset();
  EXPECT_TRUE(idle.closed());
}

TEST_F(Limits, ServesOnAnInheritedSocket) {
  UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening.get(), 16), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  ListenerConfig config;
  config.inherited_socket = std::move(listening);
  start(std::move(config));
  EXPECT_EQ(port(), ntohs(address.sin_port));
  EXPECT_EQ(TlsClient(port()).ask(kGet).status, 200);
}

TEST_F(Limits, RefusesToOpenWhatCannotBeServed) {
  start();
  const auto open = [this](ListenerConfig config) {
    auto opened = Listener::open(std::move(config), identity(dir_), application_, logger_, clock_, random_);
    return opened ? std::string() : opened.error().detail;
  };
  ListenerConfig taken{.address = IpAddress::v4({127, 0, 0, 1}), .port = port()};
  EXPECT_NE(open(std::move(taken)).find("cannot listen on 127.0.0.1 port"), std::string::npos);
  ListenerConfig file;
  file.inherited_socket = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_NE(open(std::move(file)).find("no socket"), std::string::npos);
  ListenerConfig idle_socket;
  idle_socket.inherited_socket = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(open(std::move(idle_socket)).find("does not listen"), std::string::npos);
  ListenerConfig no_threads{.address = IpAddress::v4({127, 0, 0, 1}), .threads = 0};
  EXPECT_FALSE(open(std::move(no_threads)).empty());
}

}  // namespace
}  // namespace kaito::http
