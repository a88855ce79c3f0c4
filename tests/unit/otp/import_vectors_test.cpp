// Every real export, read and compared with what an independent reader found in it (expected.json), and the codes of
// its entries with oathtool's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "appliance/otp/one_time_code.hpp"
#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

namespace json = boost::json;

json::array expected_files() {
  json::array files = json::parse(vector_file("expected.json")).as_array();
  EXPECT_GE(files.size(), 17U);
  return files;
}

std::string text(const json::object& object, const char* name) {
  const auto& value = object.at(name);
  return value.is_null() ? "" : std::string(value.as_string());
}

Result<ParsedImport> parse_file(const json::object& file) {
  const std::string content = vector_file(text(file, "file"));
  if (file.at("password").is_null()) return parse_import(content);
  return parse_with_password(content, text(file, "password"));
}

json::object describe(const ImportedEntry& entry) {
  json::object row{{"issuer", entry.issuer},
                   {"account", entry.account},
                   {"type", to_string(entry.parameters.type)},
                   {"algorithm", to_string(entry.parameters.algorithm)},
                   {"digits", entry.parameters.digits}};
  if (entry.parameters.type == Type::hotp)
    row["counter"] = entry.counter;
  else
    row["period"] = entry.parameters.period;
  row["secret"] = to_base32(entry.secret.expose_secret());
  return row;
}

TEST(RealExports, AreReadEntryByEntryAsAnIndependentReaderDoes) {
  for (const auto& element : expected_files()) {
    const auto& file = element.as_object();
    SCOPED_TRACE(text(file, "file"));
    const auto import = parse_file(file);
    ASSERT_TRUE(import.has_value()) << complaint(import);
    EXPECT_EQ(to_string(import->format), text(file, "format"));
    EXPECT_THAT(import->refused, testing::IsEmpty());
    const auto& expected = file.at("entries").as_array();
    ASSERT_EQ(import->entries.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(describe(import->entries[i]), expected[i].as_object()) << json::serialize(describe(import->entries[i]));
      EXPECT_EQ(import->entries[i].position, i + 1);
    }
  }
}

TEST(RealExports, AreDetectedByTheirContent) {
  for (const auto& element : expected_files()) {
    const auto& file = element.as_object();
    const auto format = detect(vector_file(text(file, "file")));
    ASSERT_TRUE(format.has_value()) << text(file, "file");
    EXPECT_EQ(to_string(*format), text(file, "format")) << text(file, "file");
  }
}

TEST(RealExports, AreTheSameWhenTheFormatIsSaid) {
  for (const auto& element : expected_files()) {
    const auto& file = element.as_object();
    const Passphrase password = Passphrase::copy_of(text(file, "password"));
    const auto import = parse_import(vector_file(text(file, "file")),
                                     {.format = format_from_string(text(file, "format")), .password = &password});
    ASSERT_TRUE(import.has_value()) << text(file, "file") << complaint(import);
    EXPECT_EQ(import->entries.size(), file.at("entries").as_array().size());
  }
}

TEST(RealExports, AreRefusedUnderAnotherProgramsFormat) {
  for (const auto& element : expected_files()) {
    const auto& file = element.as_object();
    const Passphrase password = Passphrase::copy_of(text(file, "password"));
    const bool is_list = text(file, "format") == "otpauth" || text(file, "format") == "google";
    for (const auto* other : {"otpauth", "google", "aegis", "2fas", "bitwarden", "2fauth"}) {
      // The two kinds of lists may be mixed.
      if (text(file, "format") == other ||
          (is_list && (other == std::string_view("otpauth") || other == std::string_view("google"))))
        continue;
      const auto import =
          parse_import(vector_file(text(file, "file")), {.format = format_from_string(other), .password = &password});
      ASSERT_FALSE(import.has_value()) << text(file, "file") << " as " << other;
      EXPECT_THAT(import.error().field, testing::AnyOf("format", "content")) << other;
    }
  }
}

TEST(RealExports, NeedTheirPasswordWhenEncrypted) {
  for (const auto* name : {"aegis_encrypted.json", "twofas_encrypted_v2.2fas", "bitwarden_encrypted_pbkdf2.json",
                           "bitwarden_encrypted_argon2id.json"}) {
    const std::string content = vector_file(name);
    EXPECT_EQ(complaint(parse_import(content)), "password is needed: the file is encrypted") << name;
    for (const auto* wrong : {"wrong", "", "test ", "Correct horse"})
      EXPECT_THAT(complaint(parse_with_password(content, wrong)), testing::StartsWith("password is wrong")) << name;
  }
}

TEST(RealExports, DoNotMindAPasswordThatIsNotNeeded) {
  EXPECT_TRUE(parse_with_password(vector_file("aegis_plain.json"), "whatever").has_value());
}

}  // namespace
}  // namespace kaito::otp
