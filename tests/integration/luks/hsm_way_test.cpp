// C3: unlocking by HSM, with SoftHSM2 behind a worker process: the volume's secret is wrapped as a DEK of a KEK of its
// own.
#include "luks/ways/hsm_way.hpp"

#include "hsm/client/client.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

using hsm::test::wait_for;

// The blob of the KEK, with its length before it, then that of the secret.
class SoftHsmWrapper final : public KeyWrapper {
 public:
  explicit SoftHsmWrapper(hsm::Client& client) : client_(client) {}
  std::string name() const override { return "pkcs11:token=kaito-test;object=kaito-platform"; }

  Result<Wrapped> wrap(const WayBytes& secret) override {
    KAITO_TRY(const auto kek, wait_for(client_.create_org_kek(1, aad())));
    std::vector<hsm::DekToWrap> one;
    one.push_back({.dek = Dek::copy_of(secret.expose_secret()), .aad = aad()});
    KAITO_TRY(const auto wrapped, wait_for(client_.wrap_deks(reference(kek), std::move(one))));
    KAITO_CHECK(wrapped.at(0));
    Wrapped result{.scheme = "kek-and-dek"};
    append_u16(result.bytes, static_cast<std::uint16_t>(kek.blob.size()));
    append(result.bytes, kek.blob);
    append(result.bytes, wrapped[0]->blob);
    return result;
  }
  Result<WayBytes> unwrap(const Wrapped& wrapped) override {
    ByteReader reader(wrapped.bytes);
    KAITO_TRY(const std::uint16_t size, reader.u16());
    KAITO_TRY(const ByteView kek, reader.take(size));
    KAITO_TRY(const ByteView dek, reader.take(reader.remaining()));
    const hsm::WrappedOrgKek blob{.platform_version = 1, .blob = Bytes(kek.begin(), kek.end())};
    KAITO_TRY(const Dek secret,
              wait_for(client_.unwrap_dek(reference(blob), {.blob = Bytes(dek.begin(), dek.end())}, aad())));
    return WayBytes::copy_of(secret.expose_secret());
  }

 private:
  static Bytes aad() {
    const std::string_view text = "kaito volume";
    return Bytes(text.begin(), text.end());
  }
  static hsm::OrgKekRef reference(const hsm::WrappedOrgKek& kek) {
    return std::make_shared<hsm::OrgKek>(hsm::OrgKek{.version = 1, .wrapped = kek, .aad = aad()});
  }
  hsm::Client& client_;
};

class HsmWayTest : public VolumeFile {
 protected:
  void SetUp() override {
    VolumeFile::SetUp();
    start();
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
  }
  void start() {
    auto started = hsm::Client::start(token_.config(), clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
  }

  SystemClock clock_;
  hsm::test::CapturedLog log_;
  Logger logger_{log_, clock_};
  hsm::test::SoftHsmToken token_;
  std::unique_ptr<hsm::Client> client_;
};

TEST_F(HsmWayTest, C3OpensTheVolumeAfterARestartOfTheHsm) {
  {
    SoftHsmWrapper wrapper(*client_);
    const auto way = make_hsm_way(wrapper, random_);
    ASSERT_TRUE(way) << way.error().describe();
    ASSERT_TRUE(enrol(*volume_, key_, way->secret, way->record, cheap()));
  }
  client_.reset();
  start();

  SoftHsmWrapper wrapper(*client_);
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const auto record = parse_token_record(loaded->facts().tokens.at(1).record);
  ASSERT_TRUE(record);
  const auto secret = open_hsm_way(wrapper, std::get<HsmRecord>(*record));
  ASSERT_TRUE(secret) << secret.error().describe();
  EXPECT_TRUE(loaded->unlock(*secret, loaded->facts().tokens.at(1).keyslots.at(0)));
}

TEST_F(HsmWayTest, NoByteOfWhatWasWrappedMayChange) {
  SoftHsmWrapper wrapper(*client_);
  const auto way = make_hsm_way(wrapper, random_);
  ASSERT_TRUE(way);
  for (std::size_t at = 0; at < way->record.wrapped.size(); at += 5) {
    HsmRecord changed = way->record;
    changed.wrapped[at] ^= 1;
    EXPECT_FALSE(open_hsm_way(wrapper, changed)) << "byte " << at;
  }
}

TEST_F(HsmWayTest, WithoutTheKeyItDoesNotOpen) {
  SoftHsmWrapper wrapper(*client_);
  const auto way = make_hsm_way(wrapper, random_);
  ASSERT_TRUE(way);
  HsmRecord other = way->record;
  other.key = "pkcs11:token=another";
  EXPECT_EQ(open_hsm_way(wrapper, other).error().code, Code::wrong_state);
  ASSERT_TRUE(wait_for(client_->destroy_platform_kek(1)));
  EXPECT_FALSE(open_hsm_way(wrapper, way->record));
}

// What no real HSM does on demand: it answers, but with something else.
class ForgetfulWrapper final : public KeyWrapper {
 public:
  std::string name() const override { return name_; }
  Result<Wrapped> wrap(const WayBytes&) override { return Wrapped{.scheme = "x", .bytes = Bytes(wrapped_bytes_, 1)}; }
  Result<WayBytes> unwrap(const Wrapped&) override { return WayBytes(kWayBytes); }
  std::string name_ = "forgetful";
  std::size_t wrapped_bytes_ = 40;
};

TEST(HsmWayMaking, RefusesAnHsmThatDoesNotGiveTheSecretBack) {
  SystemRandom random;
  ForgetfulWrapper hsm;
  EXPECT_EQ(make_hsm_way(hsm, random).error().code, Code::hsm_key_rejected);
  hsm.wrapped_bytes_ = 1025;
  EXPECT_EQ(make_hsm_way(hsm, random).error().code, Code::hsm_key_rejected);
  hsm.wrapped_bytes_ = 0;
  EXPECT_EQ(make_hsm_way(hsm, random).error().code, Code::hsm_key_rejected);
}

}  // namespace
}  // namespace kaito::luks::test
