// Which RSA keys may wrap DEKs. Whether what they wrap opens is for tests with tokens to show.
#include "hsm/oaep_public_key.hpp"

#include <gtest/gtest.h>

namespace kaito::hsm {
namespace {

const Bytes kExponent{0x01, 0x00, 0x01};

// An odd number of so many bits; nobody knows its factors.
Bytes modulus_of(std::size_t bits) {
  Bytes modulus((bits + 7) / 8, 0x5b);
  modulus.front() = static_cast<std::uint8_t>(1 << (bits - 1) % 8);
  return modulus;
}

std::string refusal(ByteView modulus, ByteView exponent) {
  const auto key = OaepPublicKey::make(modulus, exponent);
  if (key) return "taken";
  EXPECT_EQ(key.error().code, Code::hsm_key_rejected);
  return key.error().detail;
}

TEST(OaepPublicKey, IsOf3072Bits) {
  EXPECT_EQ(refusal(modulus_of(3072), kExponent), "taken");
  for (const std::size_t bits : {1UL, 1024UL, 2048UL, 3071UL, 3073UL, 4096UL})
    EXPECT_EQ(refusal(modulus_of(bits), kExponent), fmt::format("is an RSA key of {} bits, not 3072", bits));
  EXPECT_EQ(refusal({}, kExponent), "is an RSA key of 0 bits, not 3072");
}

TEST(OaepPublicKey, IsTakenWithZerosBeforeItsNumbers) {
  Bytes modulus(2, 0);
  append(modulus, modulus_of(3072));
  EXPECT_EQ(refusal(modulus, Bytes{0x00, 0x01, 0x00, 0x01}), "taken");
}

TEST(OaepPublicKey, IsRefusedWithNumbersThatNoRsaKeyHas) {
  Bytes even = modulus_of(3072);
  even.back() = 0x5a;
  EXPECT_EQ(refusal(even, kExponent), "has an even modulus");
  // With 1 the ciphertext is the plaintext.
  for (const Bytes& exponent :
       {Bytes{}, Bytes{0}, Bytes{1}, Bytes{3}, Bytes{0xff, 0xff}, Bytes{0x01, 0x00, 0x00}, Bytes(33, 0x01)})
    EXPECT_EQ(refusal(modulus_of(3072), exponent), "has a public exponent that is not an odd number of 65537 to 2^256")
        << to_hex(exponent);
  EXPECT_EQ(refusal(modulus_of(3072), Bytes(32, 0xff)), "taken");
}

TEST(OaepPublicKey, WrapsTheSameNeverTwiceToTheSame) {
  const auto key = OaepPublicKey::make(modulus_of(3072), kExponent);
  ASSERT_TRUE(key);
  const Bytes dek(32, 0x11);
  EXPECT_NE(key->encrypt(dek).value(), key->encrypt(dek).value());
  EXPECT_TRUE(key->encrypt(Bytes(342)));
  EXPECT_FALSE(key->encrypt(Bytes(343))) << "384 - 2 * 20 - 2";
}

}  // namespace
}  // namespace kaito::hsm
