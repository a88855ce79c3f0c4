#include "hsm/protocol/sealed_message.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/sealed_message.hpp"

namespace kaito::hsm {
namespace {

class SealCheckTest : public ::testing::Test {
 protected:
  SystemRandom random_;
  const Dek dek_ = Dek::random(kDekSize, random_);
  const Bytes aad_ = Bytes(51, 7);
  SealCheck check_;
};

TEST_F(SealCheckTest, OpensWhatItsDekHasSealedAgainAndAgain) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{20}, kMaxSealedMessage}) {
    const auto message = test::sealed(dek_.expose_secret(), std::string(size, 'x'), aad_);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(check_.opens(dek_.expose_secret(), view_of(message))) << size;
    check_.forget();
    EXPECT_TRUE(check_.opens(dek_.expose_secret(), view_of(message)));
  }
  EXPECT_TRUE(check_.opens(dek_.expose_secret(), view_of(test::sealed(dek_.expose_secret(), "x", {}))));
}

TEST_F(SealCheckTest, S3OneWrongBitOfTheDekOpensNothing) {
  const auto message = test::sealed(dek_.expose_secret(), "the seed", aad_);
  for (std::size_t bit = 0; bit < 8 * kDekSize; ++bit) {
    auto wrong = dek_.duplicate();
    wrong.expose_secret()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(check_.opens(wrong.expose_secret(), view_of(message))) << bit;
    EXPECT_TRUE(check_.opens(dek_.expose_secret(), view_of(message))) << "after bit " << bit;
  }
}

TEST_F(SealCheckTest, F21AMessageThatWasAlteredProvesNothing) {
  const auto right = test::sealed(dek_.expose_secret(), "the seed", aad_);
  for (const auto spoil : std::initializer_list<void (*)(SealedMessage&)>{
           [](SealedMessage& m) { m.iv[0] ^= 1; }, [](SealedMessage& m) { m.aad[5] ^= 1; },
           [](SealedMessage& m) { m.aad.clear(); }, [](SealedMessage& m) { m.ciphertext[0] ^= 1; },
           [](SealedMessage& m) { m.ciphertext.pop_back(); }, [](SealedMessage& m) { m.tag[15] ^= 1; }}) {
    auto message = right;
    spoil(message);
    EXPECT_FALSE(check_.opens(dek_.expose_secret(), view_of(message)));
  }
}

TEST_F(SealCheckTest, WhatIsOutOfBoundsDoesNotOpen) {
  const auto dek = dek_.expose_secret();
  EXPECT_FALSE(check_.opens(dek, view_of(test::sealed(dek, std::string(kMaxSealedMessage + 1, 'x'), aad_))));
  EXPECT_FALSE(check_.opens(dek, view_of(test::sealed(dek, "", aad_))));
  EXPECT_FALSE(check_.opens(dek, view_of(test::sealed(dek, "x", Bytes(kMaxSealedAad + 1)))));
  auto view = view_of(test::sealed(dek, "x", {}));
  view.iv = {};
  EXPECT_FALSE(check_.opens(dek, view));
}

}  // namespace
}  // namespace kaito::hsm
