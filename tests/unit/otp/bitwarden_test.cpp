#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::string bitwarden_vault(const std::string& items) {
  return R"({"encrypted":false,"folders":[{"id":"f","name":"Work"}],"items":[)" + items + "]}";
}

std::string login(const std::string& totp, const std::string& more = "") {
  return R"({"type":1,"name":"Acme","login":{"username":"me","password":"hunter2","totp":")" + totp + R"("})" + more +
         "}";
}

ImportedEntry only_bitwarden_entry(const std::string& text) {
  auto import = parse_import(bitwarden_vault(text));
  EXPECT_TRUE(import && import->entries.size() == 1 && import->refused.empty()) << text;
  return import && !import->entries.empty() ? std::move(import->entries[0]) : ImportedEntry{};
}

std::string encrypted_bitwarden_with(const char* name, const json::value& value) {
  json::value file = json::parse(vector_file("bitwarden_encrypted_pbkdf2.json"));
  file.as_object()[name] = value;
  return json::serialize(file);
}

TEST(Bitwarden, ReadsBareSecretsUrisAndSteam) {
  const auto bare = only_bitwarden_entry(login("gezd gnbv gy3t qojq"));
  EXPECT_EQ(bare.issuer, "Acme");
  EXPECT_EQ(bare.account, "me");
  EXPECT_EQ(bare.parameters, Parameters{});
  EXPECT_EQ(kaito::as_text(bare.secret.expose_secret()), "1234567890");
  const auto uri = only_bitwarden_entry(login("otpauth://totp/Other:you?secret=GEZDGNBVGY3TQOJQ&digits=8"));
  EXPECT_EQ(uri.issuer, "Other");
  EXPECT_EQ(uri.account, "you");
  EXPECT_EQ(uri.parameters.digits, 8);
  EXPECT_EQ(only_bitwarden_entry(login("steam://GEZDGNBVGY3TQOJQ")).parameters, kSteamParameters);
}

TEST(Bitwarden, FillsTheNamesThatAUriLacks) {
  const auto entry = only_bitwarden_entry(login("otpauth://totp/?secret=GEZDGNBVGY3TQOJQ"));
  EXPECT_EQ(entry.issuer, "Acme");
  EXPECT_EQ(entry.account, "me");
}

TEST(Bitwarden, CountsTheItemsThatHoldNoSecret) {
  const auto import = parse_import(
      bitwarden_vault(login("GEZDGNBVGY3TQOJQ") + R"(,{"type":2,"name":"note"},{"type":1,"login":{"totp":null}})"));
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->entries.size(), 1U);
  EXPECT_THAT(import->refused, IsEmpty());
  EXPECT_THAT(import->notes, ElementsAre("items without a TOTP secret, not imported: 2"));
}

TEST(Bitwarden, NotesFolderAndTrash) {
  EXPECT_THAT(
      only_bitwarden_entry(login("GEZDGNBVGY3TQOJQ", R"(,"folderId":"f","deletedDate":"2025-01-01T00:00:00Z")")).notes,
      ElementsAre("is in Bitwarden's trash", "folder not imported: Work"));
}

TEST(Bitwarden, RefusesABadSecretWithTheItemsNames) {
  const auto import = parse_import(bitwarden_vault(login("not base32!") + "," + login("otpauth://totp/x") + ",7," +
                                                   R"({"name":"n","login":{"totp":7}})"));
  ASSERT_TRUE(import.has_value());
  ASSERT_EQ(import->refused.size(), 4U);
  EXPECT_EQ(import->refused[0].issuer, "Acme");
  EXPECT_EQ(import->refused[0].account, "me");
  EXPECT_EQ(import->refused[0].reason, "secret is not base32 at character 11");
  EXPECT_EQ(import->refused[1].reason, "secret is missing");
  EXPECT_EQ(import->refused[2].reason, "entry is not an object");
  EXPECT_EQ(import->refused[3].reason, "totp is not a string");
}

TEST(Bitwarden, RefusesAnExportThatOnlyItsAccountCanRead) {
  EXPECT_EQ(complaint(parse_with_password(R"({"encrypted":true,"items":[]})", "x")),
            "content can be read by the exporting account only: export as .json, or with a password");
}

TEST(Bitwarden, TellsADamagedFileFromAWrongPassword) {
  std::string data = json::parse(vector_file("bitwarden_encrypted_pbkdf2.json")).at("data").as_string().c_str();
  data[60] = data[60] == 'A' ? 'B' : 'A';
  EXPECT_EQ(complaint(parse_with_password(encrypted_bitwarden_with("data", json::string(data)), "correct horse")),
            "content is damaged: the password fits, the content does not");
}

TEST(Bitwarden, RefusesMalformedEncryptionByName) {
  const auto error = [](const char* name, const json::value& value) {
    return complaint(parse_with_password(encrypted_bitwarden_with(name, value), "correct horse"));
  };
  constexpr const char* kBadDerivation = "content has key derivation parameters that are malformed or out of bounds";
  EXPECT_EQ(error("kdfIterations", 0), kBadDerivation);
  EXPECT_EQ(error("kdfIterations", 2'000'001), kBadDerivation);
  EXPECT_EQ(error("kdfIterations", nullptr), kBadDerivation);
  EXPECT_EQ(error("kdfType", 2), kBadDerivation);
  EXPECT_EQ(error("kdfType", 1), kBadDerivation);  // Argon2id without its memory and lanes
  EXPECT_EQ(error("salt", 7), kBadDerivation);
  EXPECT_EQ(error("data", "2.a|b"), "content has malformed encrypted text");
  EXPECT_EQ(error("data", "2.AAAA|AAAA|AAAA|AAAA"), "content has malformed encrypted text");
  EXPECT_EQ(error("data", "2."), "content has malformed encrypted text");
  EXPECT_EQ(error("data", "0.AAAA|AAAA"), "content has encrypted text of an unknown type");
  EXPECT_EQ(error("encKeyValidation_DO_NOT_EDIT", "2.AAAA|AAAA|AAAA"), "password is wrong");
}

}  // namespace
}  // namespace kaito::otp
