#include "appliance/otp/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kUri = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ";

TEST(Import, SkipsBlankLinesCommentsAndTheByteOrderMark) {
  const auto import = parse_import(std::string("\xef\xbb\xbf\r\n# mine\r\n\t \n  ") + kUri + " \r\n\n" + kUri);
  ASSERT_TRUE(import.has_value()) << complaint(import);
  EXPECT_EQ(import->entries.size(), 2U);
  EXPECT_THAT(import->refused, IsEmpty());
}

TEST(Import, SaysWhichLineWasRefusedAndWhy) {
  const auto import = parse_import(std::string(kUri) + "\n\nnonsense\notpauth://totp/Acme:me?secret=1\n");
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->entries.size(), 1U);
  ASSERT_EQ(import->refused.size(), 2U);
  EXPECT_EQ(import->refused[0].reason, "line 3: uri does not start with otpauth://");
  EXPECT_EQ(import->refused[1].reason, "line 4: secret is not base32 at character 1");
  EXPECT_EQ(import->refused[1].issuer, "Acme");
  EXPECT_EQ(import->refused[1].account, "me");
}

TEST(Import, ReadsAJsonArrayOfUris) {
  const auto import = parse_import(std::string(" [\"") + kUri + "\", 7, \"" + kUri + "\", null]");
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->entries.size(), 2U);
  ASSERT_EQ(import->refused.size(), 2U);
  EXPECT_EQ(import->refused[0].reason, "element 2: entry is not a string");
  EXPECT_EQ(import->refused[1].position, 4U);
}

TEST(Import, KeepsDuplicatesAndTellsThem) {
  const auto import = parse_import(std::string(kUri) + "\n" + kUri + "\n" + kUri +
                                   "&digits=8\notpauth://totp/x?secret=GEZDGNBVGY3TQOJR");
  ASSERT_TRUE(import.has_value());
  ASSERT_EQ(import->entries.size(), 4U);
  EXPECT_TRUE(same_secret(import->entries[0], import->entries[1]));
  EXPECT_FALSE(same_secret(import->entries[0], import->entries[2]));
  EXPECT_FALSE(same_secret(import->entries[0], import->entries[3]));
}

TEST(Import, RefusesWhatIsNoFormatItKnows) {
  for (const auto* content :
       {"hello", "# only a comment", "{}", "[]", "[7]", "[[]]", R"({"a":1})", R"({"app":"other","data":[]})",
        "GEZDGNBVGY3TQOJQ", "https://example.org", R"(["https://example.org"])"}) {
    const auto import = parse_import(content);
    ASSERT_FALSE(import.has_value()) << content;
    EXPECT_EQ(import.error().field, "format") << content;
    EXPECT_EQ(detect(content).error().field, "format") << content;
  }
  for (const auto* content : {"", " \r\n", "\xef\xbb\xbf"})
    EXPECT_EQ(complaint(parse_import(content)), "content is empty");
}

TEST(Import, RefusesMalformedJsonByItsPlace) {
  EXPECT_THAT(complaint(parse_import("{")), HasSubstr("content is not JSON at byte"));
  EXPECT_THAT(complaint(parse_import(R"({"a":1} x)")), HasSubstr("content is not JSON at byte 9"));
  EXPECT_THAT(complaint(parse_import("[1,]")), HasSubstr("content is not JSON at byte"));
  EXPECT_THAT(complaint(parse_import("{\"a\":\"\xff\"}")), HasSubstr("content is not JSON at byte"));
  EXPECT_THAT(complaint(parse_import(std::string("{\"a\":\"\0\"}", 9))), HasSubstr("content is not JSON at byte"));
}

TEST(Import, F72RefusesAMemberThatAppearsTwice) {
  EXPECT_EQ(complaint(parse_import(R"({"version":1,"header":{},"db":{"entries":[],"entries":[]}})")),
            "content has a member that appears twice in one object");
  EXPECT_EQ(complaint(parse_import(R"({"a":{"b":1,"\u0062":2}})")),
            "content has a member that appears twice in one object");
}

TEST(Import, F72BoundsDepthValuesEntriesAndSize) {
  EXPECT_THAT(complaint(parse_import(std::string(33, '[') + std::string(33, ']'))), HasSubstr("too deep"));
  EXPECT_THAT(complaint(parse_import(std::string(1'000'000, '['))), HasSubstr("too deep"));
  std::string many = "[0";
  for (int i = 0; i < 1'000'000; ++i) many += ",0";
  EXPECT_THAT(complaint(parse_import(many + "]")), HasSubstr("content is not JSON"));
  EXPECT_EQ(complaint(parse_import(std::string(kMaxImportBytes + 1, ' '))), "content is larger than 8 MiB");
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "otpauth://totp/x\n";
  const auto import = parse_import(lines);
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->refused.size(), 10'000U);
  EXPECT_EQ(complaint(parse_import(lines + "x")), "content has more than 10000 entries");
}

TEST(Import, SurvivesEveryTruncationOfEveryRealExport) {
  for (const auto* name : {"aegis_plain.json", "twofas_plain_v4.2fas", "bitwarden.json", "2fauth.json",
                           "otpauth_list.txt", "otpauth_list.json", "google_multipart.txt"}) {
    const std::string whole = vector_file(name);
    const std::size_t entries = parse_import(whole)->entries.size();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto import = parse_import(std::string_view(whole).substr(0, size));
      if (import) {
        EXPECT_LE(import->entries.size() + import->refused.size(), entries) << name << ' ' << size;
      }
    }
  }
}

TEST(Import, SurvivesEveryByteOfEveryRealExportBecomingAnother) {
  for (const auto* name :
       {"aegis_plain.json", "twofas_plain_v1.json", "bitwarden.json", "2fauth.json", "otpauth_list.txt"}) {
    const std::string whole = vector_file(name);
    const std::size_t entries = parse_import(whole)->entries.size();
    for (const char with : {'\0', '"', '{', '7', '\xff', '%'}) {
      for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i] == '\n') continue;  // would join two lines into one
        std::string changed = whole;
        changed[i] = with;
        const auto import = parse_import(changed);
        // An entry may go wrong, but none may vanish.
        if (import && import->format != Format::bitwarden) {
          EXPECT_GE(import->entries.size() + import->refused.size(), entries) << name << ' ' << i;
        }
      }
    }
  }
}

TEST(Import, KnowsItsFormatsByName) {
  for (const auto format : {Format::otpauth_list, Format::google_migration, Format::aegis, Format::two_fas,
                            Format::bitwarden, Format::two_fauth})
    EXPECT_EQ(format_from_string(to_string(format)), format);
  EXPECT_EQ(format_from_string("lastpass"), std::nullopt);
}

}  // namespace
}  // namespace kaito::otp
