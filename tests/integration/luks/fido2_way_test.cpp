// C3: unlocking by FIDO2 keys: libfido2 on security keys in software, over CTAPHID reports.
#include "luks/ways/fido2_way.hpp"

#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

using kaito::test::SoftAuthenticator;
using kaito::test::SoftFidoDevice;

// A key that is plugged in.
struct Plugged {
  SoftAuthenticator key;
  SoftFidoDevice device{key};

  Fido2Key open() { return Fido2Key::open(device.path(), &SoftFidoDevice::io()).value(); }
};

class Fido2WayTest : public VolumeFile {
 protected:
  Result<Passphrase> open_way(Plugged& plugged, const Fido2Record& record, const Pin* pin = nullptr) {
    auto key = plugged.open();
    return open_fido2_way(key, pin, record);
  }
  Result<Fido2Way> make_way(Plugged& plugged, const Pin* pin = nullptr) {
    auto key = plugged.open();
    return make_fido2_way(key, pin, random_);
  }
};

TEST_F(Fido2WayTest, C3OpensTheVolumeWithTheKeyThatWasEnrolled) {
  Plugged plugged;
  const auto way = make_way(plugged);
  ASSERT_TRUE(way) << way.error().describe();
  ASSERT_TRUE(enrol(*volume_, key_, way->secret, way->record, cheap()));

  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const TokenFacts& token = loaded->facts().tokens.at(1);
  EXPECT_EQ(token.type, "systemd-fido2");
  const auto record = parse_token_record(token.record);
  ASSERT_TRUE(record);
  const auto secret = open_way(plugged, std::get<Fido2Record>(*record));
  ASSERT_TRUE(secret) << secret.error().describe();
  EXPECT_TRUE(loaded->unlock(*secret, token.keyslots.at(0)));
}

TEST_F(Fido2WayTest, AnotherKeyIsNotEnrolled) {
  Plugged mine;
  Plugged other;
  const auto way = make_way(mine);
  ASSERT_TRUE(way);
  EXPECT_EQ(open_way(other, way->record).error().code, Code::not_found);
}

TEST_F(Fido2WayTest, AnotherSaltGivesAnotherSecret) {
  Plugged plugged;
  const auto way = make_way(plugged);
  ASSERT_TRUE(way);
  Fido2Record changed = way->record;
  changed.salt[0] ^= 1;
  const auto secret = open_way(plugged, changed);
  ASSERT_TRUE(secret);
  EXPECT_FALSE(*secret == way->secret);
}

TEST_F(Fido2WayTest, AKeyWithAPinGivesItsSecretForThePinOnly) {
  Plugged plugged;
  plugged.key.behaviour.pin = "1234";
  const auto right = Pin::copy_of("1234");
  const auto wrong = Pin::copy_of("4321");
  const auto way = make_way(plugged, &right);
  ASSERT_TRUE(way) << way.error().describe();
  EXPECT_TRUE(way->record.pin);
  EXPECT_EQ(*open_way(plugged, way->record, &right), way->secret);
  EXPECT_EQ(open_way(plugged, way->record, &wrong).error().code, Code::unauthenticated);
  EXPECT_EQ(open_way(plugged, way->record).error().code, Code::wrong_state);
}

TEST_F(Fido2WayTest, AKeyThatNobodyTouchesEndsInTime) {
  Plugged plugged;
  const auto way = make_way(plugged);
  ASSERT_TRUE(way);
  plugged.key.behaviour.touched = false;
  EXPECT_EQ(open_way(plugged, way->record).error().code, Code::deadline_exceeded);
}

class Fido2Quorum : public Fido2WayTest {
 protected:
  void SetUp() override {
    VolumeFile::SetUp();
    auto making = Fido2QuorumMaking::begin(2, 3, false, random_);
    ASSERT_TRUE(making);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      auto key = keys_[i].open();
      const auto added = making->add(key, nullptr, names_[i], random_);
      ASSERT_TRUE(added) << added.error().describe();
    }
    auto made = making->finish();
    ASSERT_TRUE(made);
    secret_ = std::move(made->secret);
    record_ = std::move(made->record);
  }
  Result<std::string> add(Fido2QuorumOpening& opening, Plugged& plugged) {
    auto key = plugged.open();
    return opening.add(key, nullptr);
  }

  std::array<Plugged, 3> keys_;
  const std::array<std::string, 3> names_{"Ada", "Grace", "Edith"};
  Passphrase secret_;
  Fido2QuorumRecord record_;
};

TEST_F(Fido2Quorum, C3AnyTwoOfThreeKeysOpenTheVolume) {
  ASSERT_TRUE(enrol(*volume_, key_, secret_, record_, cheap()));
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const auto record = parse_token_record(loaded->facts().tokens.at(1).record);
  ASSERT_TRUE(record);
  for (const auto& [first, second] : {std::pair(0U, 1U), std::pair(2U, 0U), std::pair(1U, 2U)}) {
    Fido2QuorumOpening opening(std::get<Fido2QuorumRecord>(*record));
    EXPECT_EQ(add(opening, keys_[first]).value(), names_[first]);
    EXPECT_EQ(opening.missing(), 1U);
    EXPECT_EQ(opening.finish().error().code, Code::wrong_state);
    EXPECT_EQ(add(opening, keys_[second]).value(), names_[second]);
    const auto secret = opening.finish();
    ASSERT_TRUE(secret) << secret.error().describe();
    EXPECT_TRUE(loaded->unlock(*secret));
  }
}

TEST_F(Fido2Quorum, OneKeyTwiceIsOneKey) {
  Fido2QuorumOpening opening(record_);
  ASSERT_TRUE(add(opening, keys_[0]));
  EXPECT_EQ(add(opening, keys_[0]).error().code, Code::conflict);
  EXPECT_EQ(opening.missing(), 1U);
}

TEST_F(Fido2Quorum, C3TwoKeysOfOnePersonAreOnePerson) {
  Plugged spare;
  auto making = Fido2QuorumMaking::begin(2, 2, false, random_);
  ASSERT_TRUE(making);
  auto ada = keys_[0].open();
  auto adas_spare = spare.open();
  EXPECT_EQ(making->add_spare(adas_spare, nullptr, "nobody's", random_).error().code, Code::wrong_state);
  ASSERT_TRUE(making->add(ada, nullptr, "Ada", random_));
  ASSERT_TRUE(making->add_spare(adas_spare, nullptr, "Ada, spare", random_));
  EXPECT_EQ(making->finish().error().code, Code::wrong_state);
  auto grace = keys_[1].open();
  ASSERT_TRUE(making->add(grace, nullptr, "Grace", random_));
  const auto made = making->finish();
  ASSERT_TRUE(made);

  Fido2QuorumOpening opening(made->record);
  ASSERT_TRUE(opening.add(ada, nullptr));
  EXPECT_EQ(opening.add(adas_spare, nullptr).error().code, Code::conflict);
  EXPECT_EQ(opening.missing(), 1U);
  Fido2QuorumOpening by_spare(made->record);
  ASSERT_TRUE(by_spare.add(adas_spare, nullptr));
  ASSERT_TRUE(by_spare.add(grace, nullptr));
  EXPECT_TRUE(*by_spare.finish() == made->secret);
}

TEST_F(Fido2Quorum, AStrangersKeyIsNoMember) {
  Plugged stranger;
  Fido2QuorumOpening opening(record_);
  EXPECT_EQ(add(opening, stranger).error().code, Code::not_found);
}

TEST_F(Fido2Quorum, AnAlteredOrExchangedShareIsRefused) {
  Fido2QuorumRecord altered = record_;
  altered.members[0].sealed[20] ^= 1;
  Fido2QuorumOpening first(altered);
  EXPECT_EQ(add(first, keys_[0]).error().code, Code::integrity);

  Fido2QuorumRecord exchanged = record_;
  std::swap(exchanged.members[0].sealed, exchanged.members[1].sealed);
  Fido2QuorumOpening second(exchanged);
  EXPECT_EQ(add(second, keys_[0]).error().code, Code::integrity);
}

TEST_F(Fido2Quorum, AKeyIsAMemberOnceAndNoMoreThanAreWanted) {
  auto making = Fido2QuorumMaking::begin(2, 2, false, random_);
  ASSERT_TRUE(making);
  auto first = keys_[0].open();
  ASSERT_TRUE(making->add(first, nullptr, "Ada", random_));
  EXPECT_EQ(making->add(first, nullptr, "Ada again", random_).error().code, Code::conflict);
  EXPECT_EQ(making->finish().error().code, Code::wrong_state);
  auto second = keys_[1].open();
  ASSERT_TRUE(making->add(second, nullptr, "Grace", random_));
  auto third = keys_[2].open();
  EXPECT_EQ(making->add(third, nullptr, "Edith", random_).error().code, Code::wrong_state);
  EXPECT_FALSE(Fido2QuorumMaking::begin(1, 3, false, random_));
  EXPECT_FALSE(Fido2QuorumMaking::begin(2, 17, false, random_));
}

}  // namespace
}  // namespace kaito::luks::test
