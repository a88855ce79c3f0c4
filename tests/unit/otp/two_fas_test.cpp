#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string backup(const std::string& services, const std::string& more = "") {
  return R"({"schemaVersion":4,"groups":[{"id":"g","name":"Work"}],"services":[)" + services + "]" + more + "}";
}

std::string service(const std::string& otp, const std::string& more = "") {
  return R"({"name":"Acme","secret":"GEZDGNBVGY3TQOJQ","otp":{)" + otp + "}" + more + "}";
}

ImportedEntry only_two_fas_entry(const std::string& text) {
  auto import = parse_import(backup(text));
  EXPECT_TRUE(import && import->entries.size() == 1 && import->refused.empty()) << text;
  return import && !import->entries.empty() ? std::move(import->entries[0]) : ImportedEntry{};
}

std::string two_fas_refusal(const std::string& text) {
  const auto import = parse_import(backup(text));
  return import && import->entries.empty() && import->refused.size() == 1 ? import->refused[0].reason
                                                                          : "accepted" + complaint(import);
}

TEST(TwoFas, TakesTheServicesNameWhereThereIsNoIssuer) {
  const auto entry = only_two_fas_entry(service(R"("account":"me","tokenType":"TOTP")"));
  EXPECT_EQ(entry.issuer, "Acme");
  EXPECT_EQ(entry.account, "me");
  EXPECT_THAT(entry.notes, IsEmpty());
}

TEST(TwoFas, NotesANameThatIsNotTheIssuers) {
  const auto entry = only_two_fas_entry(service(R"("issuer":"ACME Ltd","account":"me","tokenType":"TOTP")"));
  EXPECT_EQ(entry.issuer, "ACME Ltd");
  EXPECT_THAT(entry.notes, ElementsAre("name in 2FAS not imported: Acme"));
}

TEST(TwoFas, ReadsTheLabelWhereThereIsNoAccount) {
  EXPECT_EQ(only_two_fas_entry(service(R"("label":"Acme:me","tokenType":"TOTP")")).account, "me");
}

TEST(TwoFas, SaysThatAnOldBackupDoesNotSayTheType) {
  const auto entry = only_two_fas_entry(service(R"("account":"me")"));
  EXPECT_THAT(entry.notes, ElementsAre("the file does not say the type; taken as totp"));
}

TEST(TwoFas, IgnoresTheCounterZeroThatItWritesBesideTotp) {
  EXPECT_THAT(only_two_fas_entry(service(R"("tokenType":"TOTP","counter":0,"period":30)")).notes, IsEmpty());
}

TEST(TwoFas, NotesTheGroup) {
  EXPECT_THAT(only_two_fas_entry(service(R"("tokenType":"TOTP")", R"(,"groupId":"g")")).notes,
              ElementsAre("group not imported: Work"));
}

TEST(TwoFas, RefusesEachMalformedServiceByTheNameOfTheField) {
  EXPECT_EQ(two_fas_refusal("[]"), "entry is not an object");
  EXPECT_EQ(two_fas_refusal(R"({"name":"x","secret":"GEZDGNBV"})"), "otp is missing");
  EXPECT_EQ(two_fas_refusal(R"({"name":"x","otp":{}})"), "secret is empty");
  EXPECT_EQ(two_fas_refusal(R"({"name":"x","secret":7,"otp":{}})"), "secret is not a string");
  EXPECT_EQ(two_fas_refusal(service(R"("tokenType":"XOTP")")), "type XOTP is not supported");
  EXPECT_EQ(two_fas_refusal(service(R"("tokenType":"HOTP")")), "counter is missing, and hotp needs it");
  EXPECT_EQ(two_fas_refusal(service(R"("algorithm":"SHA224")")), "algorithm SHA224 is not supported");
  EXPECT_EQ(two_fas_refusal(service(R"("digits":true)")), "digits is not a whole number");
}

TEST(TwoFas, RefusesMalformedEncryptionByName) {
  const auto error = [](const std::string& sealed) {
    return complaint(parse_with_password(backup("", R"(,"servicesEncrypted":)" + sealed), "test"));
  };
  EXPECT_EQ(error("7"), "servicesEncrypted is not a string");
  EXPECT_EQ(error(R"("AAAA:AAAA")"), "content has malformed servicesEncrypted");
  EXPECT_EQ(error(R"("AAAA:AAAA:AAAA:AAAA")"), "content has malformed servicesEncrypted");
  EXPECT_EQ(error(R"("::")"), "content has malformed servicesEncrypted");
  EXPECT_EQ(error(R"(":")"), "content has malformed servicesEncrypted");
  EXPECT_EQ(error(R"("*:AAAA:AAAA")"), "content has servicesEncrypted that is not base64");
  EXPECT_EQ(error(R"("AAAAAAAAAAAAAAAAAAAAAAAAAAAA:AAAA:AAAA")"), "password is wrong, or the file is damaged");
}

TEST(TwoFas, RefusesASchemaItDoesNotKnow) {
  EXPECT_EQ(complaint(parse_import(R"({"schemaVersion":5,"services":[]})")),
            "content has schema version 5, which is not supported");
  EXPECT_EQ(complaint(parse_import(R"({"schemaVersion":"4","services":[]})")), "schemaVersion is not a whole number");
  EXPECT_EQ(complaint(parse_import(R"({"schemaVersion":4,"services":{}})")), "content has no list of services");
}

}  // namespace
}  // namespace kaito::otp
