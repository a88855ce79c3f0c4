#include "appliance/envelope/sealed_seed.hpp"

#include <gtest/gtest.h>

#include "appliance/envelope/aes_gcm.hpp"

namespace kaito::envelope {
namespace {

class SealedSeed : public testing::Test {
 protected:
  SealedSeed() {
    row_.id = SeedId::make(clock_, random_);
    row_.org = OrgId::make(clock_, random_);
    row_.parameters = {.type = 1, .algorithm = 1, .digits = 6, .period = 30};
    row_.issuer = "GitHub";
    row_.account = "alice";
    EXPECT_TRUE(seal_seed(dek_, Seed::copy_of("12345678901234567890"), random_, row_));
    row_.row_mac = row_mac(dek_, row_);
  }

  // Every way in which the row as it lies in the database is used: both checks must pass.
  [[nodiscard]] Status use(const store::Seed& row) const {
    KAITO_TRY(const Seed secret, open_seed(dek_, row));
    return check_row_mac(dek_, row);
  }

  SystemClock clock_;
  SystemRandom random_;
  Dek dek_ = Dek::random(kDekBytes, random_);
  store::Seed row_;
};

TEST_F(SealedSeed, OpensToTheSecretThatWasSealed) {
  const auto secret = open_seed(dek_, row_);
  ASSERT_TRUE(secret);
  EXPECT_EQ(as_text(secret->expose_secret()), "12345678901234567890");
  EXPECT_TRUE(use(row_));
}

// S1: every bit of what lies in the row, flipped in turn, is refused.
TEST_F(SealedSeed, S1RefusesEverySingleBitFlip) {
  const auto flip_each = [this](std::string_view name, auto field) {
    const std::size_t bits = std::span(field(row_)).size() * 8;
    for (std::size_t bit = 0; bit < bits; ++bit) {
      store::Seed changed = row_;
      std::span(field(changed))[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      const auto used = use(changed);
      ASSERT_FALSE(used) << name << " bit " << bit;
      EXPECT_EQ(used.error().code, Code::integrity);
    }
  };
  flip_each("iv", [](store::Seed& row) { return std::span(row.iv); });
  flip_each("ciphertext", [](store::Seed& row) { return std::span(row.ciphertext); });
  flip_each("tag", [](store::Seed& row) { return std::span(row.tag); });
  flip_each("row_mac", [](store::Seed& row) { return std::span(row.row_mac); });
}

TEST_F(SealedSeed, F22RefusesEditedParametersAndLabels) {
  const auto edited = [this](auto edit) {
    store::Seed changed = row_;
    edit(changed);
    return !use(changed).has_value();
  };
  EXPECT_TRUE(edited([](auto& row) { row.parameters.digits = 8; }));
  EXPECT_TRUE(edited([](auto& row) { row.parameters.period = 60; }));
  EXPECT_TRUE(edited([](auto& row) { row.parameters.algorithm = 2; }));
  EXPECT_TRUE(edited([](auto& row) { row.parameters.type = 2; }));
  EXPECT_TRUE(edited([](auto& row) { row.issuer = "GitLab"; }));
  EXPECT_TRUE(edited([](auto& row) { row.account = "mallory"; }));
  EXPECT_TRUE(edited([](auto& row) { row.counter = 1; }));
  EXPECT_TRUE(edited([](auto& row) { row.revision = 2; }));
}

TEST_F(SealedSeed, F22LabelsCannotBeShiftedIntoOneAnother) {
  store::Seed changed = row_;
  changed.issuer = "GitHuba";
  changed.account = "lice";
  EXPECT_FALSE(use(changed));
}

TEST_F(SealedSeed, F21RefusesARowMovedToAnotherIdOrOrg) {
  store::Seed moved = row_;
  moved.id = SeedId::make(clock_, random_);
  EXPECT_FALSE(open_seed(dek_, moved));
  moved = row_;
  moved.org = OrgId::make(clock_, random_);
  EXPECT_FALSE(open_seed(dek_, moved));
}

TEST_F(SealedSeed, RefusesImpossibleSizesInsteadOfReadingThem) {
  store::Seed changed = row_;
  changed.ciphertext.clear();
  EXPECT_FALSE(open_seed(dek_, changed));
  changed.ciphertext.resize(kMaxSeedBytes + 1);
  EXPECT_FALSE(open_seed(dek_, changed));
}

TEST_F(SealedSeed, FingerprintIsEqualOnlyForEqualSecretParametersAndKey) {
  const auto key = Dek::random(kDekBytes, random_);
  const auto secret = Seed::copy_of("12345678901234567890");
  const auto print = fingerprint(key, secret, row_.parameters);
  EXPECT_EQ(print, fingerprint(key, Seed::copy_of("12345678901234567890"), row_.parameters));
  EXPECT_NE(print, fingerprint(key, Seed::copy_of("12345678901234567891"), row_.parameters));
  EXPECT_NE(print, fingerprint(Dek::random(kDekBytes, random_), secret, row_.parameters));
  auto other = row_.parameters;
  other.period = 60;
  EXPECT_NE(print, fingerprint(key, secret, other));
}

TEST(Binding, NoTwoPurposesShareTheirBytes) {
  SystemClock clock;
  SystemRandom random;
  const SeedBinding binding{OrgId::make(clock, random), SeedId::make(clock, random), {1, 1, 6, 30}};
  EXPECT_NE(dek_wrap_aad(binding, 1), seed_aad(binding));
  EXPECT_NE(dek_wrap_aad(binding, 1), dek_wrap_aad(binding, 2));
  EXPECT_NE(org_kek_aad(binding.org, 1), index_key_aad(binding.org, 1));
}

}  // namespace
}  // namespace kaito::envelope
