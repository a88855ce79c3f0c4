#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "import_vectors.hpp"

namespace kaito::otp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Account {
  std::string secret = "0123456789";
  std::string name = "me";
  std::string issuer = "Acme";
  int algorithm = 1;
  int digits = 1;
  int type = 2;
  std::int64_t counter = 0;
};

std::string account_message(const Account& account) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_bytes(1, account.secret);
  writer.add_string(2, account.name);
  writer.add_string(3, account.issuer);
  writer.add_enum(4, account.algorithm);
  writer.add_enum(5, account.digits);
  writer.add_enum(6, account.type);
  writer.add_int64(7, account.counter);
  writer.add_string(8, "unique-id");
  return message;
}

std::string payload(const std::vector<Account>& accounts, int size = 1, int index = 0, int batch = 7) {
  std::string message;
  protozero::pbf_writer writer(message);
  for (const Account& account : accounts) writer.add_message(1, account_message(account));
  writer.add_int32(2, 1);
  writer.add_int32(3, size);
  writer.add_int32(4, index);
  writer.add_int32(5, batch);
  return message;
}

std::string uri(std::string_view bytes) {
  return "otpauth-migration://offline?data=" + to_base64url(as_bytes(bytes)) + "\n";
}

std::vector<std::string> accounts_of(const Result<ParsedImport>& import) {
  std::vector<std::string> names;
  if (import)
    for (const auto& entry : import->entries) names.push_back(entry.account);
  return names;
}

std::string google_refusal(const Account& account) {
  const auto import = parse_import(uri(payload({account})));
  return import && import->entries.empty() && import->refused.size() == 1 ? import->refused[0].reason : "accepted";
}

TEST(GoogleMigration, ReadsTheRealTwoPartExportInEitherOrder) {
  const std::string first = vector_file("google_part1of2.txt");
  const std::string second = vector_file("google_part2of2.txt");
  const auto expected = accounts_of(parse_import(first + second));
  EXPECT_EQ(expected.size(), 12U);
  EXPECT_EQ(accounts_of(parse_import(second + first)), expected);
}

TEST(GoogleMigration, RefusesTheRealExportWhileAPartIsMissing) {
  EXPECT_EQ(complaint(parse_import(vector_file("google_part1of2.txt"))),
            "content lacks part 2 of 2 of export 27091391");
  EXPECT_EQ(complaint(parse_import(vector_file("google_part2of2.txt"))),
            "content lacks part 1 of 2 of export 27091391");
}

TEST(GoogleMigration, NamesEachPartThatIsMissing) {
  EXPECT_EQ(complaint(parse_import(uri(payload({{}}, 4, 2)))),
            "content lacks part 1 of 4 of export 7, part 2 of 4 of export 7, part 4 of 4 of export 7");
  EXPECT_THAT(complaint(parse_import(uri(payload({{}}, 1000, 0)))), HasSubstr("part 21 of 1000 of export 7, 979 more"));
}

TEST(GoogleMigration, DoesNotCompleteAnExportWithPartsOfAnother) {
  EXPECT_EQ(complaint(parse_import(uri(payload({{}}, 2, 0, 7)) + uri(payload({{}}, 2, 1, 8)))),
            "content lacks part 2 of 2 of export 7, part 1 of 2 of export 8");
}

TEST(GoogleMigration, ReadsSeveralCompleteExportsAtOnce) {
  const auto import = parse_import(uri(payload({{.name = "c"}}, 2, 1, -8)) + uri(payload({{.name = "a"}}, 1, 0, 7)) +
                                   uri(payload({{.name = "b"}}, 2, 0, -8)));
  EXPECT_THAT(accounts_of(import), ElementsAre("b", "c", "a"));
}

TEST(GoogleMigration, ReadsAPartThatWasScannedTwiceOnceAndSaysSo) {
  const std::string part = uri(payload({{}}));
  const auto import = parse_import(part + "\n# again\n" + part);
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(import->entries.size(), 1U);
  EXPECT_THAT(import->notes, ElementsAre("line 4 repeats line 1; read once"));
}

TEST(GoogleMigration, RefusesTwoDifferentPartsInOnePlace) {
  EXPECT_EQ(complaint(parse_import(uri(payload({{.name = "a"}}, 2, 0)) + uri(payload({{.name = "b"}}, 2, 0)))),
            "content line 1 and line 2 differ, but both say that they are part 1 of 2 of export 7");
}

TEST(GoogleMigration, KeepsExportsWithoutABatchIdApart) {
  const auto import = parse_import(uri(payload({{.name = "a"}}, 1, 0, 0)) + uri(payload({{.name = "b"}}, 1, 0, 0)));
  EXPECT_THAT(accounts_of(import), ElementsAre("a", "b"));
}

TEST(GoogleMigration, TakesEveryFormOfBase64) {
  // Its encoding has +, / and padding.
  const std::string bytes = payload({{.secret = "\xfb\xff\xbf\xfe\xfa\xff\xff\x3e>>~~", .name = "\xc3\xbf\xc3\xbf"}});
  std::string standard = to_base64(as_bytes(bytes));
  ASSERT_NE(standard.find('+'), std::string::npos);
  ASSERT_NE(standard.find('/'), std::string::npos);
  const auto with = [&](char from, const std::string& to) {
    std::string text;
    for (const char c : standard) text += c == from ? to : std::string(1, c);
    return "otpauth-migration://offline?data=" + text;
  };
  const auto expected = accounts_of(parse_import(uri(bytes)));
  ASSERT_EQ(expected.size(), 1U);
  for (const std::string& form : {with('+', "+"), with('+', "%2B"), with('/', "%2f"), with('=', "%3D"), with('=', ""),
                                  with('+', "-"), with('/', "_"), with('+', " ")})
    EXPECT_EQ(accounts_of(parse_import(form)), expected) << form;
}

TEST(GoogleMigration, RefusesEachBadEntryByNameAndKeepsTheOthers) {
  const auto import = parse_import(uri(payload({{.name = "a"}, {.name = "b", .algorithm = 4}, {.name = "c"}})));
  EXPECT_THAT(accounts_of(import), ElementsAre("a", "c"));
  ASSERT_EQ(import->refused.size(), 1U);
  EXPECT_EQ(import->refused[0].position, 2U);
  EXPECT_EQ(import->refused[0].issuer, "Acme");
  EXPECT_EQ(import->refused[0].account, "b");
  EXPECT_EQ(import->refused[0].reason, "algorithm MD5 is not supported");
  EXPECT_EQ(google_refusal({.secret = ""}), "secret is empty");
  EXPECT_EQ(google_refusal({.secret = std::string(129, 'x')}), "secret is longer than 128 bytes");
  EXPECT_EQ(google_refusal({.algorithm = 5}), "algorithm number 5 is not known");
  EXPECT_EQ(google_refusal({.digits = 3}), "digits number 3 is not known");
  EXPECT_EQ(google_refusal({.type = 3}), "type number 3 is not known");
  EXPECT_EQ(google_refusal({.type = -1}), "type number -1 is not known");
  EXPECT_EQ(google_refusal({.type = 1, .counter = -1}), "counter is negative");
  EXPECT_EQ(google_refusal({.name = "\xff"}), "account is not UTF-8");
  EXPECT_EQ(google_refusal({.name = std::string("a\0b", 3)}), "account has control characters");
}

TEST(GoogleMigration, ReadsTheParametersOfEachEntry) {
  const auto import = parse_import(uri(payload({{.name = "Acme: me", .algorithm = 2, .digits = 2},
                                                {.type = 1, .counter = 5'000'000'000},
                                                {.issuer = "", .algorithm = 0, .digits = 0, .type = 0}})));
  ASSERT_TRUE(import.has_value());
  ASSERT_EQ(import->entries.size(), 3U);
  EXPECT_EQ(import->entries[0].account, "me");
  EXPECT_EQ(import->entries[0].parameters, (Parameters{Type::totp, Algorithm::sha256, 8, 30}));
  EXPECT_EQ(import->entries[1].parameters, (Parameters{Type::hotp, Algorithm::sha1, 6, 0}));
  EXPECT_EQ(import->entries[1].counter, 5'000'000'000U);
  EXPECT_EQ(import->entries[2].parameters, Parameters{});
  EXPECT_EQ(import->entries[2].notes.size(), 2U);
}

TEST(GoogleMigration, RefusesPartsThatAreNone) {
  const auto error = [](const std::string& text) { return complaint(parse_import(text)); };
  EXPECT_EQ(error("otpauth-migration://offline"), "content line 1: has no data parameter");
  EXPECT_THAT(error("otpauth-migration://offline?data="), HasSubstr("it has no data"));
  EXPECT_THAT(error("otpauth-migration://offline?data===&x"), HasSubstr("it has no data"));
  EXPECT_THAT(error("otpauth-migration://offline?data=!!"), HasSubstr("is not base64"));
  EXPECT_THAT(error("otpauth-migration://offline?data=%4"), HasSubstr("two hex digits"));
  EXPECT_THAT(error("otpauth-migration://offline?data=aGVsbG8gd29ybGQ"), HasSubstr("malformed"));
  EXPECT_THAT(error(uri(payload({{}}, 2, 2))), HasSubstr("says that it is part 3 of 2"));
  EXPECT_THAT(error(uri(payload({{}}, 2, -1))), HasSubstr("says that it is part 0 of 2"));
  EXPECT_THAT(error(uri(payload({{}}, 1001, 0))), HasSubstr("says that it is part 1 of 1001"));
  EXPECT_THAT(error(uri(payload({{}}, -1, 0))), HasSubstr("says that it is part 1 of -1"));
  EXPECT_THAT(error("otpauth-migration://offline?data=" + std::string(70'000, 'A')), HasSubstr("longer than 64 KiB"));
}

TEST(GoogleMigration, NeverAcceptsAFieldOfTheWrongKind) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_int32(1, 5);  // where entries belong
  EXPECT_THAT(complaint(parse_import(uri(message))), HasSubstr("malformed"));
  message.clear();
  protozero::pbf_writer other(message);
  other.add_string(3, "x");  // where the batch size belongs
  EXPECT_THAT(complaint(parse_import(uri(message))), HasSubstr("malformed"));
}

TEST(GoogleMigration, SurvivesEveryTruncationAndEveryFlippedByte) {
  const std::string whole = payload({{.name = "a"}, {.name = "b", .type = 1, .counter = 300}}, 1, 0, -5);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto import = parse_import(uri(whole.substr(0, size)));
    if (import) {
      EXPECT_LE(import->entries.size() + import->refused.size(), 2U) << size;
    }
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x81);
    (void)parse_import(uri(changed));
  }
}

TEST(GoogleMigration, MayBeMixedWithOtpauthUris) {
  const auto import =
      parse_import("otpauth://totp/x?secret=MZXW6YTBOI\n" + uri(payload({{.name = "a"}})) + "otpauth://totp/y");
  ASSERT_TRUE(import.has_value());
  EXPECT_THAT(accounts_of(import), ElementsAre("x", "a"));
  ASSERT_EQ(import->refused.size(), 1U);
  EXPECT_EQ(import->refused[0].account, "y");
  EXPECT_EQ(import->refused[0].reason, "line 3: secret is missing");
  EXPECT_EQ(import->refused[0].position, 2U);
  EXPECT_EQ(import->entries[1].position, 3U);
}

}  // namespace
}  // namespace kaito::otp
