// C3: unlocking by HSM, with SoftHSM2 behind a worker process.
#include "luks/ways/hsm_way.hpp"

#include "tests/fakes/hsm_key_wrapper/hsm_key_wrapper.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

using hsm::test::wait_for;

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
  kaito::test::HsmKeyWrapper wrapper() { return {*client_, "pkcs11:token=kaito-test;object=kaito-platform"}; }

  SystemClock clock_;
  hsm::test::CapturedLog log_;
  Logger logger_{log_, clock_};
  hsm::test::SoftHsmToken token_;
  std::unique_ptr<hsm::Client> client_;
};

TEST_F(HsmWayTest, C3OpensTheVolumeAfterARestartOfTheHsm) {
  {
    auto wrapper = this->wrapper();
    const auto way = make_hsm_way(wrapper, random_);
    ASSERT_TRUE(way) << way.error().describe();
    ASSERT_TRUE(enrol(*volume_, key_, way->secret, way->record, cheap()));
  }
  client_.reset();
  start();

  auto wrapper = this->wrapper();
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const auto record = parse_token_record(loaded->facts().tokens.at(1).record);
  ASSERT_TRUE(record);
  const auto secret = open_hsm_way(wrapper, std::get<HsmRecord>(*record));
  ASSERT_TRUE(secret) << secret.error().describe();
  EXPECT_TRUE(loaded->unlock(*secret, loaded->facts().tokens.at(1).keyslots.at(0)));
}

TEST_F(HsmWayTest, NoByteOfWhatWasWrappedMayChange) {
  auto wrapper = this->wrapper();
  const auto way = make_hsm_way(wrapper, random_);
  ASSERT_TRUE(way);
  for (std::size_t at = 0; at < way->record.wrapped.size(); at += 5) {
    HsmRecord changed = way->record;
    changed.wrapped[at] ^= 1;
    EXPECT_FALSE(open_hsm_way(wrapper, changed)) << "byte " << at;
  }
}

TEST_F(HsmWayTest, WithoutTheKeyItDoesNotOpen) {
  auto wrapper = this->wrapper();
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
