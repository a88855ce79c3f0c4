#include "appliance/otp/one_time_code.hpp"

#include <gtest/gtest.h>

namespace kaito::otp {
namespace {

constexpr std::string_view kSha1Key = "12345678901234567890";
constexpr std::string_view kSha256Key = "12345678901234567890123456789012";
constexpr std::string_view kSha512Key = "1234567890123456789012345678901234567890123456789012345678901234";

Parameters totp(Algorithm algorithm, std::uint8_t digits, std::uint16_t period = 30) {
  return {.type = Type::totp, .algorithm = algorithm, .digits = digits, .period = period};
}
Parameters hotp(std::uint8_t digits) {
  return {.type = Type::hotp, .algorithm = Algorithm::sha1, .digits = digits, .period = 0};
}
TimePoint at(std::int64_t seconds) { return from_unix_ms(seconds * 1000); }

std::string totp_at(std::string_view key, const Parameters& parameters, std::int64_t seconds) {
  const auto timed = totp_code(Seed::copy_of(key), parameters, at(seconds));
  return timed ? std::string(timed->code.view()) : timed.error().field;
}

TEST(Hotp, GivesTheCodesOfRfc4226AppendixD) {
  const std::array<std::string_view, 10> expected{"755224", "287082", "359152", "969429", "338314",
                                                  "254676", "287922", "162583", "399871", "520489"};
  const Seed key = Seed::copy_of(kSha1Key);
  for (std::size_t counter = 0; counter < expected.size(); ++counter) {
    const auto code = hotp_code(key, hotp(6), counter);
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(code->view(), expected.at(counter)) << counter;
  }
}

TEST(Totp, GivesTheCodesOfRfc6238AppendixB) {
  struct Row {
    std::int64_t time;
    std::string_view sha1, sha256, sha512;
  };
  const std::array<Row, 6> rows{{{59, "94287082", "46119246", "90693936"},
                                 {1111111109, "07081804", "68084774", "25091201"},
                                 {1111111111, "14050471", "67062674", "99943326"},
                                 {1234567890, "89005924", "91819424", "93441116"},
                                 {2000000000, "69279037", "90698825", "38618901"},
                                 {20000000000, "65353130", "77737706", "47863826"}}};
  for (const Row& row : rows) {
    EXPECT_EQ(totp_at(kSha1Key, totp(Algorithm::sha1, 8), row.time), row.sha1);
    EXPECT_EQ(totp_at(kSha256Key, totp(Algorithm::sha256, 8), row.time), row.sha256);
    EXPECT_EQ(totp_at(kSha512Key, totp(Algorithm::sha512, 8), row.time), row.sha512);
  }
}

TEST(Steam, GivesTheCodesThatOtherImplementationsPublish) {
  // KeePassXC's and Stratum's test secret 63BEDWCQZKTQWPESARIERL5DTTQFCJTK, and twenty zero bytes.
  const Bytes key = from_hex(
                        "f6c241d850caa70b3c920450"
                        "48afa39ce051266a")
                        .value();
  EXPECT_EQ(totp_at(as_text(key), kSteamParameters, 1511200518), "FR8RV");
  EXPECT_EQ(totp_at(as_text(key), kSteamParameters, 1511200714), "9P3VP");
  const std::string zeros(20, '\0');
  EXPECT_EQ(totp_at(zeros, kSteamParameters, 0), "RYH4D");
  EXPECT_EQ(totp_at(zeros, kSteamParameters, 30), "DR2DK");
}

TEST(Totp, SaysFromWhenToWhenTheCodeHolds) {
  const Seed key = Seed::copy_of(kSha1Key);
  const auto timed = totp_code(key, totp(Algorithm::sha1, 6, 45), from_unix_ms(100'999));
  ASSERT_TRUE(timed.has_value());
  EXPECT_EQ(timed->valid_from, at(90));
  EXPECT_EQ(timed->valid_until, at(135));
  const auto next = totp_code(key, totp(Algorithm::sha1, 6, 45), timed->valid_until);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->valid_from, timed->valid_until);
  EXPECT_NE(next->code.view(), timed->code.view());
}

TEST(Totp, ChangesAtTheFirstMillisecondOfAStep) {
  const Seed key = Seed::copy_of(kSha1Key);
  EXPECT_EQ(totp_code(key, totp(Algorithm::sha1, 6), from_unix_ms(29'999))->code.view(), "755224");
  EXPECT_EQ(totp_code(key, totp(Algorithm::sha1, 6), from_unix_ms(30'000))->code.view(), "287082");
}

TEST(Totp, RefusesATimeBefore1970) { EXPECT_EQ(totp_at(kSha1Key, totp(Algorithm::sha1, 6), -1), "time"); }

TEST(Totp, RefusesHotpSinceItHasNoTimeStep) { EXPECT_EQ(totp_at(kSha1Key, hotp(6), 59), "type"); }

TEST(Hotp, TakesSecretsOf1To128BytesOnly) {
  for (const std::size_t size : {1UL, 64UL, 65UL, 128UL})
    EXPECT_TRUE(hotp_code(Seed(size), hotp(6), 0).has_value()) << size;
  for (const std::size_t size : {0UL, 129UL}) {
    const auto code = hotp_code(Seed(size), hotp(6), 0);
    ASSERT_FALSE(code.has_value()) << size;
    EXPECT_EQ(code.error().field, "secret");
  }
}

TEST(Hotp, CountsToTheLastCounter) {
  const Seed key = Seed::copy_of(kSha1Key);
  const auto code = hotp_code(key, hotp(6), ~0ULL);
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->view().size(), 6U);
  EXPECT_NE(code->view(), hotp_code(key, hotp(6), ~0ULL >> 32)->view());
}

TEST(OneTimeCode, KeepsLeadingZeros) {
  EXPECT_EQ(format_code(hotp(8), 42).view(), "00000042");
  EXPECT_EQ(format_code(hotp(6), 0x7fffffff).view(), "483647");
  EXPECT_EQ(format_code(kSteamParameters, 0).view(), "22222");
}

TEST(OneTimeCode, IsWipedWhenItGoes) {
  alignas(OneTimeCode) std::array<char, sizeof(OneTimeCode)> memory{};
  auto* code = new (memory.data()) OneTimeCode(format_code(hotp(8), 12345678));
  EXPECT_EQ(code->view(), "12345678");
  code->~OneTimeCode();
  EXPECT_EQ(std::string_view(memory.data(), memory.size()).find("345"), std::string_view::npos);
}

struct BadParameters {
  Parameters parameters;
  std::string_view field;
};
class ParameterBounds : public testing::TestWithParam<BadParameters> {};

TEST_P(ParameterBounds, AreEnforcedByName) {
  const auto status = validate(GetParam().parameters);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().field, GetParam().field);
  EXPECT_EQ(hotp_code(Seed(20), GetParam().parameters, 0).error().field, GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(All, ParameterBounds,
                         testing::Values(BadParameters{{Type::totp, Algorithm::sha1, 5, 30}, "digits"},
                                         BadParameters{{Type::totp, Algorithm::sha1, 9, 30}, "digits"},
                                         BadParameters{{Type::totp, Algorithm::sha1, 6, 9}, "period"},
                                         BadParameters{{Type::totp, Algorithm::sha1, 6, 301}, "period"},
                                         BadParameters{{Type::totp, Algorithm::sha1, 6, 0}, "period"},
                                         BadParameters{{Type::hotp, Algorithm::sha1, 6, 30}, "period"},
                                         BadParameters{{Type::hotp, Algorithm::sha1, 0, 0}, "digits"},
                                         BadParameters{{Type::steam, Algorithm::sha256, 5, 30}, "algorithm"},
                                         BadParameters{{Type::steam, Algorithm::sha1, 6, 30}, "digits"},
                                         BadParameters{{Type::steam, Algorithm::sha1, 5, 60}, "period"},
                                         BadParameters{{static_cast<Type>(9), Algorithm::sha1, 6, 30}, "type"},
                                         BadParameters{{Type::totp, static_cast<Algorithm>(9), 6, 30}, "algorithm"}));

TEST(Parameters, KnowTheSpellingsOfAlgorithms) {
  for (const auto* name : {"SHA1", "sha1", "SHA-1", "HmacSHA1", "HMAC-SHA-1", "hmac_sha1"})
    EXPECT_EQ(algorithm_from_string(name), Algorithm::sha1) << name;
  EXPECT_EQ(algorithm_from_string("HmacSHA256"), Algorithm::sha256);
  EXPECT_EQ(algorithm_from_string("SHA-512"), Algorithm::sha512);
  for (const auto* name : {"", "MD5", "SHA", "SHA224", "SHA2", "hmac", "SHA1SHA1SHA1SHA1SHA1"})
    EXPECT_EQ(algorithm_from_string(name), std::nullopt) << name;
}

}  // namespace
}  // namespace kaito::otp
