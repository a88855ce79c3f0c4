#include <gtest/gtest.h>

#include <set>

#include "appliance/base/ids.hpp"
#include "appliance/base/json_text.hpp"
#include "appliance/base/log.hpp"

namespace kaito {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, F65EscapesWhatCouldBreakOrColourALine) {
  EXPECT_EQ(quoted("a\"b\\c\r\n\t"), R"("a\"b\\c\r\n\t")");
  EXPECT_EQ(quoted("\x1b[31m"), R"("\u001b[31m")");
  EXPECT_EQ(quoted("\x7f"), R"("\u007f")");
  EXPECT_EQ(quoted("\xc2\x9b"), R"("\u009b")");
  EXPECT_EQ(quoted("\xe2\x80\xa8"), R"("\u2028")");
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(quoted("\xff"), R"("\ufffd")");
  EXPECT_EQ(quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // surrogate
  EXPECT_EQ(quoted("\xc0\xaf"), R"("\ufffd\ufffd")");            // overlong
  EXPECT_EQ(quoted("h\xc3\xa9"), "\"h\xc3\xa9\"");
}

TEST(Uuid, ParsesOnlyItsCanonicalForm) {
  const std::string text = "0190163d-8694-739b-aea5-966c26f8ad91";
  ASSERT_TRUE(SeedId::parse(text));
  EXPECT_EQ(SeedId::parse(text)->str(), text);
  EXPECT_FALSE(SeedId::parse("0190163D-8694-739B-AEA5-966C26F8AD91"));
  EXPECT_FALSE(SeedId::parse("0190163d8694739baea5966c26f8ad91"));
  EXPECT_FALSE(SeedId::parse("0190163d-8694-739b-aea5-966c26f8ad9"));
  EXPECT_FALSE(SeedId::parse("0190163d-8694-739b-aea5-966c26f8ad9g"));
}

TEST(Uuid, SortsByCreationTime) {
  SystemRandom random;
  const auto earlier = make_uuid_v7(from_unix_ms(1'700'000'000'000), random);
  const auto later = make_uuid_v7(from_unix_ms(1'700'000'000'001), random);
  EXPECT_LT(earlier, later);
  EXPECT_EQ(earlier[6] >> 4, 7);
  EXPECT_EQ(earlier[8] >> 6, 2);
}

TEST(Rfc3339, RoundTripsAndRefusesWhatIsNotATime) {
  const auto time = from_unix_ms(1'795'505'598'123);
  EXPECT_EQ(*from_rfc3339(to_rfc3339(time)), time);
  EXPECT_EQ(to_unix_s(*from_rfc3339("1970-01-01T00:00:59Z")), 59);
  for (const auto* bad : {"2026-11-24T07:33:18.-00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
                          "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.12aZ", ""})
    EXPECT_FALSE(from_rfc3339(bad)) << bad;
}

TEST(Base64, RefusesForeignAlphabetsAndTrailingText) {
  EXPECT_EQ(to_base64url(as_bytes("\xfb\xff")), "-_8");
  EXPECT_TRUE(from_base64url("-_8"));
  EXPECT_FALSE(from_base64url("+/8"));
  EXPECT_FALSE(from_base64url("-_8="));
  EXPECT_FALSE(from_base64url("-_8\n"));
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const std::string text{'A', 'A', 'A', static_cast<char>(byte)};
    EXPECT_FALSE(from_base64(text)) << byte;
    EXPECT_FALSE(from_base64url(text)) << byte;
  }
}

TEST(ErrorTable, SlugsAreUnique) {
  std::set<std::string_view> slugs;
  for (const auto& row : code_table()) EXPECT_TRUE(slugs.insert(row.slug).second) << row.slug;
}

class LineSink final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

TEST(Logger, F65WritesOneJsonLineWhateverTheDataHolds) {
  LineSink sink;
  const SystemClock clock;
  Logger log(sink, clock);
  log.info("test.event", {{"name", "x\n{\"level\":\"error\"}"}, {"count", 3}, {"ok", true}});
  ASSERT_EQ(sink.lines.size(), 1U);
  EXPECT_EQ(sink.lines[0].find('\n'), std::string::npos);
  EXPECT_NE(sink.lines[0].find(R"("name":"x\n{\"level\":\"error\"}","count":3,"ok":true})"), std::string::npos);
}

TEST(Logger, LeavesOutWhatIsBelowItsLevel) {
  LineSink sink;
  const SystemClock clock;
  Logger log(sink, clock, LogLevel::warning);
  log.info("quiet");
  EXPECT_TRUE(sink.lines.empty());
}

}  // namespace
}  // namespace kaito
