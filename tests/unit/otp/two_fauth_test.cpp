#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

using testing::ElementsAre;

std::string exported(const std::string& accounts) {
  return R"({"app":"2fauth_v5.4.3","schema":1,"data":[)" + accounts + "]}";
}

std::string two_fauth_refusal(const std::string& account) {
  const auto import = parse_import(exported(account));
  return import && import->entries.empty() && import->refused.size() == 1 ? import->refused[0].reason
                                                                          : "accepted" + complaint(import);
}

TEST(TwoFauth, ReadsTheExportAsOtpauthUris) {
  const auto import =
      parse_import(exported(R"({"uri":"otpauth://totp/My Bank:Zoë?issuer=My Bank&secret=GEZDGNBVGY3TQOJQ"})"));
  ASSERT_TRUE(import.has_value());
  ASSERT_EQ(import->entries.size(), 1U);
  EXPECT_EQ(import->entries[0].issuer, "My Bank");
  EXPECT_EQ(import->entries[0].account, "Zoë");
}

TEST(TwoFauth, NotesTheIcon) {
  const auto import = parse_import(exported(
      R"({"otp_type":"totp","service":"S","account":"a","secret":"GEZDGNBVGY3TQOJQ","icon":"x.png","icon_file":"aWNvbg=="})"));
  ASSERT_TRUE(import.has_value());
  EXPECT_THAT(import->entries.at(0).notes, ElementsAre("icon not imported"));
}

TEST(TwoFauth, RefusesEachMalformedAccountByTheNameOfTheField) {
  EXPECT_EQ(two_fauth_refusal("null"), "entry is not an object");
  EXPECT_EQ(two_fauth_refusal(R"({"otp_type":"Xotp","secret":"GEZDGNBV"})"), "type Xotp is not supported");
  EXPECT_EQ(two_fauth_refusal(R"({"otp_type":"totp","secret":0})"), "secret is not a string");
  EXPECT_EQ(two_fauth_refusal(R"({"otp_type":"totp"})"), "secret is empty");
  EXPECT_EQ(two_fauth_refusal(R"({"otp_type":"hotp","secret":"GEZDGNBV","counter":null})"),
            "counter is missing, and hotp needs it");
  EXPECT_EQ(two_fauth_refusal(R"({"uri":7})"), "uri is not a string");
  EXPECT_EQ(complaint(parse_import(R"({"app":"2fauth_v1","data":{}})")), "content has no list of accounts");
}

}  // namespace
}  // namespace kaito::otp
