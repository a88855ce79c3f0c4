#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

std::string aegis_vault(const std::string& entries, const std::string& more = "") {
  return R"({"version":1,"header":{"slots":null,"params":null},"db":{"version":3,"entries":[)" + entries + "]" + more +
         "}}";
}

std::string entry(const std::string& type, const std::string& info) {
  return R"({"type":")" + type + R"(","name":"me","issuer":"Acme","info":{"secret":"GEZDGNBVGY3TQOJQ",)" + info + "}}";
}

std::string aegis_refusal(const std::string& text) {
  const auto import = parse_import(aegis_vault(text));
  return import && import->entries.empty() && import->refused.size() == 1 ? import->refused[0].reason
                                                                          : "accepted" + complaint(import);
}

// The encrypted vault with one member replaced; `path` as in a JSON pointer.
std::string encrypted_aegis_with(const char* path, const json::value& value) {
  json::value file = json::parse(vector_file("aegis_encrypted.json"));
  file.at_pointer(path) = value;
  return json::serialize(file);
}

TEST(Aegis, NotesGroupsAndWhatElseIsLeftOut) {
  const auto grouped = parse_import(vector_file("aegis_plain_grouped_v2.json"));
  ASSERT_TRUE(grouped.has_value());
  EXPECT_THAT(grouped->entries[0].notes, ElementsAre("group not imported: group1"));
  const auto import = parse_import(aegis_vault(
      R"({"type":"totp","name":"me","issuer":"Acme","note":"recovery","icon":"aWNvbg==","groups":["g-1","g-2"],)"
      R"("info":{"secret":"GEZDGNBVGY3TQOJQ","algo":"SHA1","digits":6,"period":30}})",
      R"(,"groups":[{"uuid":"g-1","name":"Work"},{"uuid":"g-3","name":"a\u0007"}])"));
  ASSERT_TRUE(import.has_value());
  ASSERT_EQ(import->entries.size(), 1U);
  EXPECT_THAT(import->entries[0].notes, ElementsAre("group not imported: Work", "group not imported: (unnamed)",
                                                    "note not imported", "icon not imported"));
}

TEST(Aegis, RefusesByNameTheTypesThatAreNotSupported) {
  for (const auto* type : {"yandex", "motp"}) {
    const auto import =
        parse_import(aegis_vault(entry(type, R"("algo":"SHA256","digits":8,"period":30,"pin":"1234")")));
    ASSERT_TRUE(import.has_value());
    ASSERT_EQ(import->refused.size(), 1U);
    EXPECT_EQ(import->refused[0].reason, std::string("type ") + type + " is not supported");
    EXPECT_EQ(import->refused[0].issuer, "Acme");
    EXPECT_EQ(import->refused[0].account, "me");
  }
}

TEST(Aegis, RefusesEachMalformedEntryByTheNameOfTheField) {
  EXPECT_EQ(aegis_refusal("7"), "entry is not an object");
  EXPECT_EQ(aegis_refusal("{}"), "type of this entry is not supported");
  EXPECT_EQ(aegis_refusal(R"({"type":"totp"})"), "info is missing");
  EXPECT_EQ(aegis_refusal(R"({"type":"totp","info":[]})"), "info is missing");
  EXPECT_EQ(aegis_refusal(R"({"type":"totp","info":{}})"), "secret is empty");
  EXPECT_EQ(aegis_refusal(R"({"type":7})"), "type is not a string");
  EXPECT_EQ(aegis_refusal(R"({"type":"totp","name":[]})"), "name is not a string");
  EXPECT_EQ(aegis_refusal(R"({"type":"totp","name":"a\u0000b"})"), "account has control characters");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("algo":"MD5")")), "algorithm MD5 is not supported");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("digits":"6")")), "digits is not a whole number");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("digits":6.5)")), "digits is not a whole number");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("digits":1e300)")), "digits is not a whole number");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("digits":-6)")), "digits is not a whole number");
  EXPECT_EQ(aegis_refusal(entry("totp", R"("period":18446744073709551615)")), "period must be 10 to 300 seconds");
  EXPECT_EQ(aegis_refusal(entry("hotp", R"("digits":6)")), "counter is missing, and hotp needs it");
}

TEST(Aegis, RefusesAFileThatIsNoVaultItKnows) {
  EXPECT_EQ(complaint(parse_import(R"({"version":2,"header":{},"db":{}})")),
            "content is not version 1 of an Aegis vault");
  EXPECT_EQ(complaint(parse_import(R"({"version":1,"header":{},"db":{"version":4,"entries":[]}})")),
            "content has content version 4, which is not supported");
  EXPECT_EQ(complaint(parse_import(R"({"version":1,"header":{},"db":{"entries":{}}})")),
            "content has no list of entries");
  EXPECT_EQ(complaint(parse_import(R"({"version":1,"header":{},"db":7})")), "db is not a string");
  EXPECT_EQ(complaint(parse_import(R"({"version":1,"header":{},"db":""})")), "content has no db or no header");
}

TEST(Aegis, TellsADamagedFileFromAWrongPassword) {
  std::string db = json::parse(vector_file("aegis_encrypted.json")).at("db").as_string().c_str();
  db[100] = db[100] == 'A' ? 'B' : 'A';
  EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/db", json::string(db)), "test")),
            "content is damaged: the password fits, the content does not");
  EXPECT_EQ(complaint(parse_with_password(
                encrypted_aegis_with("/header/params/tag", "00112233445566778899aabbccddeeff"), "test")),
            "content is damaged: the password fits, the content does not");
}

TEST(Aegis, BoundsTheCostOfTheKeyDerivation) {
  constexpr const char* kRefusal = "content has scrypt parameters out of bounds";
  for (const json::value& n : {json::value(0), json::value(32767), json::value(1 << 18), json::value(~0ULL)})
    EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/header/slots/0/n", n), "test")), kRefusal);
  EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/header/slots/0/r", 1 << 20), "test")), kRefusal);
  EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/header/slots/0/p", 1000), "test")), kRefusal);
  EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/header/slots/0/p", 0), "test")), kRefusal);
}

TEST(Aegis, LooksPastBiometricSlotsAndSaysSo) {
  const json::value file = json::parse(vector_file("aegis_encrypted.json"));
  json::array slots{json::object{{"type", 2}, {"key", "00"}}};
  slots.push_back(file.at_pointer("/header/slots/0"));
  const auto import = parse_with_password(encrypted_aegis_with("/header/slots", slots), "test");
  ASSERT_TRUE(import.has_value()) << complaint(import);
  EXPECT_EQ(import->entries.size(), 7U);
  EXPECT_THAT(import->notes, ElementsAre(HasSubstr("biometrics")));
  slots.pop_back();
  EXPECT_EQ(complaint(parse_with_password(encrypted_aegis_with("/header/slots", slots), "test")),
            "content is encrypted, but not with a password");
}

TEST(Aegis, TriesAFewPasswordSlotsOnly) {
  const json::value file = json::parse(vector_file("aegis_encrypted.json"));
  json::value slot = file.at_pointer("/header/slots/0");
  slot.as_object()["n"] = 2;  // cheap, and opened by no password
  const auto import = parse_with_password(encrypted_aegis_with("/header/slots", json::array(5, slot)), "test");
  EXPECT_EQ(complaint(import), "content has too many password slots");
}

TEST(Aegis, RefusesMalformedEncryptionByName) {
  const auto error = [](const char* path, const json::value& value) {
    return complaint(parse_with_password(encrypted_aegis_with(path, value), "test"));
  };
  EXPECT_EQ(error("/db", "***"), "content has a db that is not base64");
  EXPECT_EQ(error("/header/params/nonce", "xyz"), "content has a nonce that is not hex");
  EXPECT_EQ(error("/header/params", nullptr), "content lacks the encryption parameters");
  EXPECT_EQ(error("/header/slots", 7), "content is encrypted, but has no key slots");
  EXPECT_EQ(error("/header/slots/0", 7), "content has a slot that is not an object");
  EXPECT_EQ(error("/header/slots/0/salt", std::string(200, '0').c_str()), "content has a salt that is too long");
  EXPECT_EQ(error("/header/slots/0/key_params", nullptr), "content lacks the encryption parameters");
  EXPECT_EQ(error("/header/slots/0/key", "00"), "password is wrong");
  EXPECT_EQ(error("/header", 7), "content has no db or no header");
}

}  // namespace
}  // namespace kaito::otp
