// C3: unlocking by TPM2, with swtpm.
#include "luks/ways/tpm2.hpp"

#include "tests/integration/luks/soft_tpm.hpp"
#include "tests/integration/luks/volume_file.hpp"

namespace kaito::luks::test {
namespace {

class Tpm2Way : public VolumeFile {
 protected:
  void SetUp() override {
    if (!SoftTpm::available()) GTEST_SKIP() << "swtpm is not installed";
    VolumeFile::SetUp();
    tpm_.emplace(new_directory("tpm"));
  }
  [[nodiscard]] fs::path new_directory(std::string_view name) const {
    fs::create_directory(file(name));
    return file(name);
  }
  [[nodiscard]] Result<Tpm2> connect() const { return Tpm2::connect(tpm_->tcti()); }
  Result<Tpm2::Sealed> seal(std::vector<unsigned> pcrs = {7}) {
    KAITO_TRY(Tpm2 tpm, connect());
    return tpm.seal(std::move(pcrs), random_);
  }
  [[nodiscard]] Result<Passphrase> unseal(const Tpm2Record& record) const {
    KAITO_TRY(Tpm2 tpm, connect());
    return tpm.unseal(record);
  }

  std::optional<SoftTpm> tpm_;
};

TEST_F(Tpm2Way, C3OpensTheVolumeAfterAReboot) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed) << sealed.error().describe();
  ASSERT_TRUE(enrol(*volume_, key_, sealed->secret, sealed->record, cheap()));

  tpm_->lose_power();
  const auto loaded = Volume::load(device());
  ASSERT_TRUE(loaded) << loaded.error().describe();
  const TokenFacts& token = loaded->facts().tokens.at(1);
  EXPECT_EQ(token.type, "systemd-tpm2");
  const auto record = parse_token_record(token.record);
  ASSERT_TRUE(record);
  const auto secret = unseal(std::get<Tpm2Record>(*record));
  ASSERT_TRUE(secret) << secret.error().describe();
  EXPECT_TRUE(loaded->unlock(*secret, token.keyslots.at(0)));
}

TEST_F(Tpm2Way, DoesNotOpenAfterTheRegisterChanged) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed);
  tpm_->extend(7, 0x42);
  const auto secret = unseal(sealed->record);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, Code::unauthenticated);
  tpm_->lose_power();
  EXPECT_TRUE(unseal(sealed->record)) << "with what was measured before it opens again";
}

TEST_F(Tpm2Way, ARegisterThatItIsNotBoundToMayChange) {
  const auto sealed = seal({0, 7});
  ASSERT_TRUE(sealed);
  tpm_->extend(11, 0x42);
  EXPECT_TRUE(unseal(sealed->record));
}

TEST_F(Tpm2Way, AnotherTpmOpensNothing) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed);
  tpm_.reset();
  tpm_.emplace(new_directory("another"));
  const auto secret = unseal(sealed->record);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().code, Code::unauthenticated);
}

TEST_F(Tpm2Way, PowerCutsDoNotAddUpToALockOut) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed);
  for (int cut = 0; cut < 12; ++cut) {
    tpm_->lose_power();
    auto tpm = connect();
    ASSERT_TRUE(tpm);
    EXPECT_EQ(tpm->lockout()->failures, 1U) << "the TPM counts a power cut while in use";
    const auto secret = tpm->unseal(sealed->record);
    ASSERT_TRUE(secret) << "power cut " << cut << ": " << secret.error().describe();
    EXPECT_EQ(*secret, sealed->secret);
  }
  auto tpm = connect();
  ASSERT_TRUE(tpm);
  const auto state = tpm->lockout();
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->locked);
  EXPECT_EQ(state->failures, 0U);
}

TEST_F(Tpm2Way, EnrolmentRaisesTheLimitOfTheLockOut) {
  auto tpm = connect();
  ASSERT_TRUE(tpm);
  ASSERT_TRUE(tpm->allow_for_power_cuts());
  EXPECT_EQ(tpm->lockout()->limit, 31U);
}

TEST_F(Tpm2Way, NoByteOfTheSealedObjectMayChange) {
  const auto sealed = seal();
  ASSERT_TRUE(sealed);
  auto tpm = connect();
  ASSERT_TRUE(tpm);
  for (std::size_t at = 0; at < sealed->record.blob.size(); at += 7) {
    Tpm2Record changed = sealed->record;
    changed.blob[at] ^= 1;
    const auto secret = tpm->unseal(changed);
    EXPECT_FALSE(secret) << "byte " << at;
  }
  EXPECT_TRUE(tpm->unseal(sealed->record));
}

TEST_F(Tpm2Way, RefusesNoRegisterAndOnesThatNoTpmHas) {
  auto tpm = connect();
  ASSERT_TRUE(tpm);
  EXPECT_FALSE(tpm->seal({}, random_));
  EXPECT_FALSE(tpm->seal({24}, random_));
  EXPECT_FALSE(tpm->seal({7, 7}, random_));
}

TEST_F(Tpm2Way, WithoutATpmItIsNotFound) {
  const auto none = Tpm2::connect("swtpm:path=" + file("nowhere").string());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
}

}  // namespace
}  // namespace kaito::luks::test
