#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/base/file.hpp"
#include "appliance/http/certificate.hpp"
#include "appliance/http/own_ca.hpp"

namespace kaito::http {
namespace {

using std::chrono::days;
using testing::HasSubstr;

class MovableClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] SteadyPoint steady_now() const noexcept override { return {}; }
  TimePoint now_ = from_unix_ms(1'795'505'598'000);
};

// The same key under a password.
std::string encrypted_copy(const std::filesystem::path& path) {
  const PkeyPtr key = read_private_key(path).value();
  const BioPtr bio(BIO_new(BIO_s_mem()));
  unsigned char password[] = "password";
  EXPECT_EQ(PEM_write_bio_PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), password, 8, nullptr, nullptr), 1);
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
  return std::string(text, size);
}

class Certificates : public testing::Test {
 protected:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kaito-ca-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
  }
  ~Certificates() override { std::filesystem::remove_all(dir_); }

  Result<OwnCa> make(const std::vector<std::string>& names = {"vault.example", "localhost"}) {
    return make_own_ca(dir_, names, {IpAddress::v4({127, 0, 0, 1}), IpAddress::parse("2001:db8::1").value()}, clock_,
                       random_);
  }
  std::string content(const char* name) { return read_file(dir_ / name, 100'000).value(); }
  X509Ptr first(const char* name) { return std::move(read_certificates(dir_ / name).value().front()); }
  std::string load_error(const TlsFiles& files) {
    const auto identity = TlsIdentity::load(files, clock_);
    return identity ? "" : identity.error().detail;
  }

  std::filesystem::path dir_;
  MovableClock clock_;
  SystemRandom random_;
};

TEST_F(Certificates, OwnCaMakesAChainThatServesItsNames) {
  const auto ca = make();
  ASSERT_TRUE(ca) << ca.error().describe();
  EXPECT_TRUE(ca->renewed);
  const X509Ptr server = first("server.pem");
  const X509Ptr authority = first("ca.pem");
  EXPECT_EQ(X509_check_host(server.get(), "vault.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(server.get(), "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "2001:db8::1", 0), 1);
  EXPECT_EQ(X509_check_issued(authority.get(), server.get()), X509_V_OK);
  EXPECT_EQ(X509_check_ca(authority.get()), 1);
  EXPECT_EQ(X509_check_ca(server.get()), 0);
  EXPECT_LE(not_after(*server) - not_before(*server), days(397));
  EXPECT_GE(not_after(*authority) - clock_.now(), days(3650));
  EXPECT_TRUE(TlsIdentity::load(ca->server, clock_));
}

TEST_F(Certificates, F28KeysAndCertificatesAreForTheirOwnerOnly) {
  ASSERT_TRUE(make());
  for (const char* name : {"ca.pem", "ca.key", "server.pem", "server.key"}) {
    struct stat status{};
    ASSERT_EQ(::stat((dir_ / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << name;
  }
}

TEST_F(Certificates, OwnCaStaysWhileItFits) {
  ASSERT_TRUE(make());
  const std::string server = content("server.pem");
  const std::string authority = content("ca.pem");
  const auto again = make();
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->renewed);
  EXPECT_EQ(content("server.pem"), server);
  EXPECT_EQ(content("ca.pem"), authority);
}

TEST_F(Certificates, OwnCaRenewsTheServerBeforeItsEndAndForNewNames) {
  ASSERT_TRUE(make());
  const std::string authority = content("ca.pem");
  clock_.now_ += days(370);
  auto again = make();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->renewed);
  EXPECT_GT(not_after(*first("server.pem")), clock_.now() + days(390));
  again = make({"vault.example"});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->renewed);
  EXPECT_EQ(content("ca.pem"), authority);
}

TEST_F(Certificates, OwnCaRepairsAServerPairThatWasCutInHalf) {
  ASSERT_TRUE(make());
  std::filesystem::remove(dir_ / "server.pem");
  const auto again = make();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->renewed);
  EXPECT_TRUE(TlsIdentity::load(again->server, clock_));
}

TEST_F(Certificates, OwnCaIsNeverReplacedSilently) {
  ASSERT_TRUE(make());
  const std::string key = content("ca.key");
  ASSERT_TRUE(write_file_atomically(dir_ / "ca.key", as_bytes("damaged")));
  EXPECT_EQ(make().error().code, Code::configuration);
  ASSERT_TRUE(write_file_atomically(dir_ / "ca.key", as_bytes(content("server.key"))));
  EXPECT_THAT(make().error().detail, HasSubstr("does not match"));
  ASSERT_TRUE(write_file_atomically(dir_ / "ca.key", as_bytes(key)));
  clock_.now_ += days(3640);
  EXPECT_THAT(make().error().detail, HasSubstr("the CA ends at"));
}

TEST_F(Certificates, OwnCaRefusesNamesThatAreNone) {
  for (const char* name : {"", "a b", "a,DNS:evil.example", "Upper.example"}) EXPECT_FALSE(make({name})) << name;
  EXPECT_FALSE(make_own_ca(dir_, {}, {}, clock_, random_));
}

TEST_F(Certificates, TlsIdentitySaysWhatIsWrong) {
  const OwnCa ca = make().value();
  EXPECT_THAT(load_error({dir_ / "none.pem", ca.server.key}), HasSubstr("none.pem: cannot be read"));
  EXPECT_THAT(load_error({ca.server.chain, dir_ / "none.key"}), HasSubstr("none.key: cannot be read"));
  EXPECT_THAT(load_error({ca.server.key, ca.server.key}), HasSubstr("holds no certificate"));
  EXPECT_THAT(load_error({ca.server.chain, ca.server.chain}), HasSubstr("holds no private key"));
  EXPECT_THAT(load_error({ca.server.chain, dir_ / "ca.key"}), HasSubstr("does not match the certificate"));

  ASSERT_EQ(::chmod(ca.server.key.c_str(), 0644), 0);
  EXPECT_THAT(load_error(ca.server), HasSubstr("can be read by every user"));
  ASSERT_EQ(::chmod(ca.server.key.c_str(), 0600), 0);

  const std::string reversed = content("ca.pem") + content("server.pem");
  ASSERT_TRUE(write_file_atomically(dir_ / "reversed.pem", as_bytes(reversed)));
  EXPECT_THAT(load_error({dir_ / "reversed.pem", ca.server.key}), HasSubstr("the order is server first"));

  clock_.now_ += days(400);
  EXPECT_THAT(load_error(ca.server), HasSubstr("has expired at 2027-"));
  clock_.now_ -= days(800);
  EXPECT_THAT(load_error(ca.server), HasSubstr("is not valid before 2026-"));
}

TEST_F(Certificates, TlsIdentityRefusesAnEncryptedKey) {
  const OwnCa ca = make().value();
  const std::string encrypted = encrypted_copy(ca.server.key);
  ASSERT_TRUE(write_file_atomically(dir_ / "encrypted.key", as_bytes(encrypted)));
  EXPECT_THAT(load_error({ca.server.chain, dir_ / "encrypted.key"}), HasSubstr("is encrypted"));
}

}  // namespace
}  // namespace kaito::http
