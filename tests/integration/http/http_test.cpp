// HTTP/1.1 over TLS, as clients and attackers speak it.
#include "tests/integration/http/served.hpp"

namespace kaito::http {
namespace {

using namespace std::string_view_literals;

class Http : public Served {};

TEST_F(Http, ServesManyRequestsOnOneConnection) {
  start();
  TlsClient client(port());
  std::string last_id;
  for (int i = 0; i < 100; ++i) {
    const HttpReply reply = client.ask(fmt::format("GET /n/{}?q HTTP/1.1\r\nHost: localhost\r\n\r\n", i));
    ASSERT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, fmt::format("GET /n/{}?q", i));
    EXPECT_EQ(reply.header("Connection"), "");
    EXPECT_NE(reply.header("X-Request-Id"), last_id);
    EXPECT_TRUE(RequestId::parse(last_id = reply.header("X-Request-Id")));
  }
  EXPECT_EQ(listener_->statistics().accepted, 1U);
  EXPECT_EQ(listener_->statistics().requests, 100U);
}

TEST_F(Http, ServesPipelinedRequestsInOrder) {
  start();
  TlsClient client(port());
  std::string all;
  for (int i = 0; i < 100; ++i)
    all += i % 2 ? fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", i)
                 : fmt::format("POST /{} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", i);
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(client.receive().body, i % 2 ? fmt::format("GET /{}?", i) : fmt::format("POST /{}? abc", i));
}

TEST_F(Http, TakesARequestByteByByte) {
  start();
  TlsClient client(port());
  for (const char c : "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"sv)
    ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.receive().body, "POST /slow? body");
}

TEST_F(Http, AnswersHeadWithTheLengthAlone) {
  start();
  TlsClient client(port());
  client.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpReply head = client.receive(false);
  EXPECT_EQ(head.header("Content-Length"), "8");
  EXPECT_EQ(client.receive().body, "GET /b?");
}

TEST_F(Http, ReadsBodiesOfAllSizes) {
  start();
  TlsClient client(port());
  for (const std::size_t size : {std::size_t{1}, std::size_t{4'000}, Workspace::kSize - 100, Workspace::kSize,
                                 Workspace::kSize + 1, std::size_t{100'000}, std::size_t{1024 * 1024}}) {
    std::string body(size, 'b');
    body.back() = 'e';
    client.send(fmt::format("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", size));
    client.send(body);
    const HttpReply reply = client.receive();
    ASSERT_EQ(reply.status, 200) << size;
    EXPECT_TRUE(reply.body == "PUT /p? " + body) << size;
  }
}

TEST_F(Http, ServesWhatIsPipelinedBehindALargeBody) {
  start();
  TlsClient client(port());
  const std::string body(40'000, 'b');
  client.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n" + body +
              "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive().body.size(), 8 + body.size());
  EXPECT_EQ(client.receive().body, "GET /next?");
}

TEST_F(Http, SendsContinueOnlyWhenTheBodyIsWanted) {
  start();
  constexpr auto kExpecting = "Host: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"sv;
  TlsClient client(port());
  client.send(fmt::format("POST /a HTTP/1.1\r\n{}", kExpecting));
  EXPECT_EQ(client.receive().status, 100);
  client.send("body");
  EXPECT_EQ(client.receive().body, "POST /a? body");

  client.send(fmt::format("POST /unread HTTP/1.1\r\n{}", kExpecting));
  EXPECT_EQ(client.receive().status, 401);
  EXPECT_TRUE(client.closed());
}

TEST_F(Http, F72RefusesALargeBodyWithoutReadingIt) {
  application_.body_limit = 1'000;
  start();
  TlsClient client(port());
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n");
  const HttpReply reply = client.receive();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(Http, LetsAClientReadTheRefusalWhileItStillSends) {
  application_.body_limit = 1'000;
  start();
  TlsClient client(port());
  client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
  client.send(std::string(300'000, 'b'));  // a reset would take the reply away
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.closed());
}

TEST_F(Http, KeepsTheConnectionWhenAnUnreadBodyHasArrivedAnyway) {
  start();
  TlsClient client(port());
  EXPECT_EQ(client.ask("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody").status, 401);
  EXPECT_EQ(client.ask("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET /a?");
}

TEST_F(Http, ClosesWhenTheClientAsksForIt) {
  start();
  TlsClient client(port());
  const HttpReply reply = client.ask("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(Http, SendsLargeRepliesWhole) {
  application_.reply_size = 5'000'000;
  start();
  TlsClient client(port(), {.receive_buffer = 4096});
  const HttpReply reply = client.ask("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.body, std::string(5'000'000, 'l'));
  EXPECT_EQ(client.ask("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

TEST_F(Http, ResumesOnItsThreadWhenTheAnswerComesFromAnother) {
  auto [future, completer] = make_future<int>();
  application_.gate.emplace(std::move(future));
  start();
  TlsClient client(port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  application_.waiting.wait(0);
  completer.set(1);
  EXPECT_EQ(client.receive().body, "GET /wait?");
}

TEST_F(Http, F71SmugglingIsAnsweredOnceAndTheConnectionCloses) {
  start();
  constexpr std::string_view kVictim = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  struct Attack {
    std::string_view head;
    int status;
  };
  for (const auto& [head, status] : {
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv, 411},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"sv, 400},
           Attack{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"sv, 400},
           Attack{"GET / HTTP/1.1\r\nHost: a\r\nX-Y: 1\r\n Content-Length: 40\r\n\r\n"sv, 400},
           Attack{"GET / HTTP/1.1\r\nX-Y: 1\r\n\r\n"sv, 400},
           Attack{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv, 400},
           Attack{"GET / HTTP/1.1\nHost: a\n\n"sv, 400},
           Attack{"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n"sv, 400},
           Attack{"GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
           Attack{"GET /%2e%2e/etc HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
           Attack{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"sv, 400},
           Attack{"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"sv, 405},
       }) {
    TlsClient client(port());
    client.send(std::string(head) + std::string(kVictim));
    const HttpReply reply = client.receive();
    EXPECT_EQ(reply.status, status) << head;
    EXPECT_EQ(reply.header("Connection"), "close") << head;
    EXPECT_TRUE(client.closed()) << head;
  }
  EXPECT_EQ(application_.served, 0);
  EXPECT_EQ(listener_->statistics().refused, 19U);
}

TEST_F(Http, RefusesAHeadThatIsTooLarge) {
  start();
  TlsClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x'));
  EXPECT_EQ(client.receive().status, 431);
  EXPECT_TRUE(client.closed());
}

TEST_F(Http, F42BelievesAForwardedAddressOnlyFromATrustedProxy) {
  constexpr auto kForged = "GET /peer HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"sv;
  start();
  EXPECT_EQ(TlsClient(port()).ask(kForged).body, "127.0.0.1");
  ListenerConfig config;
  config.trusted_proxies.push_back(IpNetwork::parse("127.0.0.0/8").value());
  start(std::move(config));
  EXPECT_EQ(TlsClient(port()).ask(kForged).body, "203.0.113.9");
}

TEST_F(Http, ServesManyClientsAtOnce) {
  ListenerConfig config;
  config.threads = 4;
  start(std::move(config));
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&, c] {
      TlsClient client(port());
      for (int i = 0; i < 50; ++i) {
        const std::string path = fmt::format("/{}/{}", c, i);
        if (client.ask(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", path)).body == "GET " + path + "?") ++right;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace kaito::http
