#include "appliance/otp/base32.hpp"

#include <gtest/gtest.h>

#include <random>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

std::string decoded(std::string_view text) {
  const auto secret = decode_base32(text);
  return secret ? std::string(kaito::as_text(secret->expose_secret()))
                : secret.error().field + ' ' + secret.error().reason;
}

TEST(Base32, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(decoded("MY======"), "f");
  EXPECT_EQ(decoded("MZXQ===="), "fo");
  EXPECT_EQ(decoded("MZXW6==="), "foo");
  EXPECT_EQ(decoded("MZXW6YQ="), "foob");
  EXPECT_EQ(decoded("MZXW6YTB"), "fooba");
  EXPECT_EQ(decoded("MZXW6YTBOI======"), "foobar");
}

TEST(Base32, TakesLowerCaseSpacesHyphensAndAnyAmountOfPadding) {
  for (const auto* text :
       {"mzxw6ytboi", "MZXW 6YTB OI", "mzxw-6ytb-oi", " MZXW6YTBOI ", "MZXW6YTBOI=", "MZXW6YTBOI = = ="})
    EXPECT_EQ(decoded(text), "foobar") << text;
}

TEST(Base32, IgnoresBitsAfterTheLastByte) {
  EXPECT_EQ(decoded("MZ"), "f");
  EXPECT_EQ(decoded("M7"), "g");
  EXPECT_EQ(decoded("MZXW6YTBOJ"), "foobar");
}

TEST(Base32, NamesThePositionButNeverTheText) {
  EXPECT_EQ(decoded("JBSW1Y3D"), "secret is not base32 at character 5");
  EXPECT_EQ(decoded("JBSWY3D\xc3\xa9"), "secret is not base32 at character 8");
  EXPECT_EQ(decoded(std::string_view("JBSW\0Y3D", 8)), "secret is not base32 at character 5");
  EXPECT_EQ(decoded("MY==MY=="), "secret is not base32 at character 5");
  for (const auto* text : {"JBSW0Y3D", "JBSW8Y3D", "JBSW9Y3D", "JBSW+Y3D", "JBSW_Y3D", "JBSW\tY3D", "JBSW\nY3D"})
    EXPECT_EQ(decoded(text), "secret is not base32 at character 5") << text;
}

TEST(Base32, RefusesALengthThatOnlyALostCharacterExplains) {
  for (const auto* text : {"M", "MZX", "MZXW6Y", "MZXW6YTBO"})
    EXPECT_EQ(decoded(text), "secret has a length that base32 cannot have: a character is missing") << text;
}

TEST(Base32, BoundsTheSecret) {
  for (const auto* text : {"", "  - ", "===="}) EXPECT_EQ(decoded(text), "secret is empty") << text;
  EXPECT_EQ(decoded(to_base32(Bytes(128, 'x'))), std::string(128, 'x'));
  EXPECT_EQ(decoded(to_base32(Bytes(129, 'x'))), "secret is longer than 128 bytes");
  EXPECT_EQ(decoded(std::string(1025, 'A')), "secret is longer than 1024 characters");
}

TEST(Base32, GivesBackWhatWasEncoded) {
  std::mt19937 random(4226);
  for (std::size_t size = 1; size <= 128; ++size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    EXPECT_EQ(decoded(to_base32(bytes)), kaito::as_text(bytes)) << size;
  }
}

}  // namespace
}  // namespace kaito::otp
