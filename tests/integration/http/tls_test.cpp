// What the TLS layer takes and what it refuses.
#include <sys/socket.h>

#include <random>

#include "tests/integration/http/served.hpp"

namespace kaito::http {
namespace {

constexpr std::string_view kGetOverTls = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

class Tls : public Served {
 protected:
  void SetUp() override { start(); }
  TlsClient connect(TlsClientOptions options = {}) { return TlsClient(port(), options); }
  bool alive() { return TlsClient(port()).ask(kGetOverTls).status == 200; }
};

TEST_F(Tls, S4ServesTls12AndTls13WithAnAuthenticCertificate) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client = connect({.ca = dir_ / "ca.pem", .min_version = version, .max_version = version});
    ASSERT_TRUE(client.connected()) << client.failure();
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_EQ(client.ask(kGetOverTls).body, "GET /a?");
  }
}

TEST_F(Tls, S4F75RefusesOlderVersions) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClient client = connect({.min_version = version, .max_version = version, .tls12_suites = "ALL:@SECLEVEL=0"});
    EXPECT_FALSE(client.connected()) << version;
    EXPECT_EQ(client.failure(), "tlsv1 alert protocol version");
  }
  EXPECT_TRUE(alive());
}

TEST_F(Tls, S4F75RefusesSuitesWithoutForwardSecrecyOrAuthenticatedEncryption) {
  for (const char* suite :
       {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA256", "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES256-GCM-SHA384", "AECDH-AES128-SHA",
        "ADH-AES256-GCM-SHA384", "ECDHE-ECDSA-NULL-SHA", "NULL-SHA256"}) {
    TlsClient client = connect({.max_version = TLS1_2_VERSION, .tls12_suites = suite});
    EXPECT_FALSE(client.connected()) << suite;
    EXPECT_TRUE(client.failure().ends_with("alert handshake failure")) << suite << ": " << client.failure();
  }
  EXPECT_TRUE(alive());
}

TEST_F(Tls, S4ServesStrongSuitesInItsOwnOrder) {
  TlsClient weak_first = connect(
      {.max_version = TLS1_2_VERSION, .tls12_suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"});
  ASSERT_TRUE(weak_first.connected()) << weak_first.failure();
  EXPECT_STREQ(SSL_get_cipher_name(weak_first.ssl()), "ECDHE-ECDSA-AES256-GCM-SHA384");
}

TEST_F(Tls, AgreesOnHttp11AndRefusesOtherProtocols) {
  TlsClient both = connect({.alpn = "\x02h2\x08http/1.1"});
  ASSERT_TRUE(both.connected()) << both.failure();
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  EXPECT_FALSE(connect({.alpn = "\x02h2"}).connected());
}

TEST_F(Tls, RefusesRenegotiation) {
  TlsClient client = connect({.max_version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.ask(kGetOverTls).status, 200);
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
  EXPECT_TRUE(alive());
}

TEST_F(Tls, GivesNoSessionToResume) {
  TlsClient client = connect();
  EXPECT_EQ(client.ask(kGetOverTls).status, 200);
  EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(client.ssl())), 0);
  TlsClient older = connect({.max_version = TLS1_2_VERSION});
  EXPECT_EQ(older.ask(kGetOverTls).status, 200);
  EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get_session(older.ssl())), 0);
}

TEST_F(Tls, ReloadServesTheNewCertificateAndKeepsOpenConnections) {
  TlsClient before = connect({.ca = dir_ / "ca.pem"});
  ASSERT_TRUE(before.connected());
  const auto other = dir_ / "other";
  listener_->reload(identity(other));
  EXPECT_FALSE(connect({.ca = dir_ / "ca.pem"}).connected());
  TlsClient after = connect({.ca = other / "ca.pem"});
  EXPECT_TRUE(after.connected()) << after.failure();
  EXPECT_EQ(after.ask(kGetOverTls).status, 200);
  EXPECT_EQ(before.ask(kGetOverTls).status, 200);
}

TEST_F(Tls, F75SurvivesWhatIsNoHandshake) {
  using namespace std::string_view_literals;
  std::mt19937 random(1);
  std::string noise(20'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string_view bytes : {
           "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"sv,
           "\x16\x03\x01\xff\xff"sv,                                  // a record longer than any
           "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"sv,              // a ClientHello cut short
           "\x16\x03\x01\x00\x00"sv,                                  // an empty record
           "\x15\x03\x01\x00\x02\x02\x28"sv,                          // an alert to begin with
           "\x17\x03\x03\x00\x01x"sv,                                 // data before the handshake
           "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x07\x00"sv,  // SSLv2
           std::string_view(noise),
       }) {
    const UniqueFd fd = connect_to(port());
    static_cast<void>(!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    ::shutdown(fd.get(), SHUT_WR);
    std::array<char, 4096> answer{};
    while (::recv(fd.get(), answer.data(), answer.size(), 0) > 0) {
    }
    EXPECT_TRUE(alive());
  }
  EXPECT_TRUE(eventually([this] { return listener_->statistics().handshakes_failed == 8; }));
}

TEST_F(Tls, F75SurvivesADamagedRecordAfterTheHandshake) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client = connect({.min_version = version, .max_version = version});
    ASSERT_EQ(client.ask(kGetOverTls).status, 200);
    client.send_raw(std::string_view("\x17\x03\x03\x00\x20", 5));
    client.send_raw(std::string(32, 'x'));
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(alive());
  }
}

TEST_F(Tls, TakesAKeyUpdate) {
  TlsClient client = connect({.min_version = TLS1_3_VERSION});
  ASSERT_EQ(client.ask(kGetOverTls).status, 200);
  ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  EXPECT_EQ(client.ask(kGetOverTls).status, 200);
  EXPECT_EQ(client.ask(kGetOverTls).status, 200);
}

}  // namespace
}  // namespace kaito::http
