#include "luks/secret_sharing.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kaito::luks {
namespace {

// Deterministic "randomness": the bytes that the test wants as coefficients.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> out) noexcept override { std::ranges::fill(out, byte_); }

 private:
  std::uint8_t byte_;
};

std::vector<Share> chosen(const std::vector<Share>& shares, unsigned subset) {
  std::vector<Share> some;
  for (std::size_t i = 0; i < shares.size(); ++i)
    if (subset >> i & 1U) some.push_back({.x = shares[i].x, .y = shares[i].y.duplicate()});
  return some;
}

// FIPS 197, sections 4.2 and 4.2.1.
TEST(Gf256, MultipliesAsInTheStandardsExamples) {
  EXPECT_EQ(gf256::multiply(0x57, 0x83), 0xc1);
  EXPECT_EQ(gf256::multiply(0x57, 0x13), 0xfe);
  EXPECT_EQ(gf256::multiply(0x57, 0x02), 0xae);
  EXPECT_EQ(gf256::multiply(0x57, 0x10), 0x07);
}

TEST(Gf256, EveryElementButZeroTimesItsInverseIsOne) {
  EXPECT_EQ(gf256::inverse(0), 0);
  for (unsigned a = 1; a < 256; ++a) {
    const auto element = static_cast<std::uint8_t>(a);
    EXPECT_EQ(gf256::multiply(element, gf256::inverse(element)), 1) << a;
  }
}

TEST(Gf256, MultiplicationIsCommutativeAndDistributes) {
  for (unsigned a = 0; a < 256; a += 3)
    for (unsigned b = 0; b < 256; ++b) {
      const auto x = static_cast<std::uint8_t>(a);
      const auto y = static_cast<std::uint8_t>(b);
      ASSERT_EQ(gf256::multiply(x, y), gf256::multiply(y, x));
      const auto z = static_cast<std::uint8_t>(a ^ 0x5aU);
      ASSERT_EQ(gf256::multiply(x ^ z, y), gf256::multiply(x, y) ^ gf256::multiply(z, y));
    }
}

// With every coefficient 1 and threshold 3 the share at x is s + x + x^2, worked out by hand.
TEST(SecretSharing, SharesArePointsOfThePolynomial) {
  FixedRandom ones(1);
  const std::array<std::uint8_t, 1> secret{0x42};
  const auto shares = split_secret(secret, 3, 4, ones);
  ASSERT_TRUE(shares);
  const std::array<std::uint8_t, 4> expected{0x42 ^ 1 ^ 1, 0x42 ^ 2 ^ 4, 0x42 ^ 3 ^ 5, 0x42 ^ 4 ^ 16};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*shares)[i].x, i + 1);
    EXPECT_EQ((*shares)[i].y.expose_secret()[0], expected[i]);
  }
}

TEST(SecretSharing, EverySubsetOfTheThresholdsSizeGivesTheSecret) {
  SystemRandom random;
  for (unsigned count = 2; count <= 6; ++count)
    for (unsigned threshold = 2; threshold <= count; ++threshold) {
      const auto secret = SharedSecret::random(33, random);
      const auto shares = split_secret(secret.expose_secret(), threshold, count, random);
      ASSERT_TRUE(shares);
      for (unsigned subset = 0; subset < 1U << count; ++subset) {
        if (static_cast<unsigned>(std::popcount(subset)) != threshold) continue;
        const auto whole = combine_shares(chosen(*shares, subset));
        ASSERT_TRUE(whole);
        EXPECT_EQ(*whole, secret) << threshold << " of " << count << ", subset " << subset;
      }
    }
}

// The other coefficient runs through all values: the one share known takes each value once, whatever the secret is. So
// it says nothing about the secret.
TEST(SecretSharing, OneShareOfTwoFitsEverySecretEquallyWell) {
  for (unsigned secret = 0; secret < 256; secret += 51) {
    std::array<int, 256> seen{};
    for (unsigned coefficient = 0; coefficient < 256; ++coefficient) {
      FixedRandom fixed(static_cast<std::uint8_t>(coefficient));
      const std::array<std::uint8_t, 1> byte{static_cast<std::uint8_t>(secret)};
      const auto shares = split_secret(byte, 2, 3, fixed);
      ASSERT_TRUE(shares);
      ++seen[(*shares)[2].y.expose_secret()[0]];
    }
    for (const int times : seen) ASSERT_EQ(times, 1);
  }
}

TEST(SecretSharing, WorksAtItsLimitOf255Shares) {
  SystemRandom random;
  const auto secret = SharedSecret::random(4, random);
  const auto shares = split_secret(secret.expose_secret(), 255, 255, random);
  ASSERT_TRUE(shares);
  const auto whole = combine_shares(*shares);
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, secret);
}

TEST(SecretSharing, FewerSharesThanTheThresholdGiveAnotherSecret) {
  SystemRandom random;
  const auto secret = SharedSecret::random(32, random);
  const auto shares = split_secret(secret.expose_secret(), 3, 5, random);
  ASSERT_TRUE(shares);
  const auto wrong = combine_shares(chosen(*shares, 0b00011));
  ASSERT_TRUE(wrong);
  EXPECT_FALSE(*wrong == secret);
}

TEST(SecretSharing, RefusesImpossibleNumbersAndMixedShares) {
  SystemRandom random;
  const std::array<std::uint8_t, 2> secret{1, 2};
  EXPECT_FALSE(split_secret(secret, 1, 3, random));
  EXPECT_FALSE(split_secret(secret, 0, 0, random));
  EXPECT_FALSE(split_secret(secret, 4, 3, random));
  EXPECT_FALSE(split_secret(secret, 2, 256, random));
  EXPECT_FALSE(split_secret({}, 2, 3, random));

  EXPECT_FALSE(combine_shares({}));
  const auto shares = split_secret(secret, 2, 3, random);
  ASSERT_TRUE(shares);
  auto twice = chosen(*shares, 0b001);
  twice.push_back({.x = 1, .y = (*shares)[0].y.duplicate()});
  EXPECT_FALSE(combine_shares(twice));
  auto uneven = chosen(*shares, 0b001);
  uneven.push_back({.x = 2, .y = ShareBytes(3)});
  EXPECT_FALSE(combine_shares(uneven));
  std::vector<Share> zero;
  zero.push_back({.x = 0, .y = ShareBytes(2)});
  EXPECT_FALSE(combine_shares(zero));
}

}  // namespace
}  // namespace kaito::luks
