#include "appliance/api/json/strict_json.hpp"

#include <gtest/gtest.h>
#include <boost/describe/class.hpp>

#include "appliance/api/json/schema.hpp"

namespace kaito::api {
namespace {

struct Sample {
  Text<1, 8> name;
  std::optional<Number<std::uint16_t, 10, 300>> period;
  std::optional<store::MemberRole> role;
  std::optional<List<SeedId, 2>> seeds;
  std::optional<bool> flag;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (name, period, role, seeds, flag))

struct SampleQuery {
  std::optional<Number<std::uint32_t, 1, 1000>> limit;
  std::optional<bool> next;
};
BOOST_DESCRIBE_STRUCT(SampleQuery, (), (limit, next))

Result<Sample> read(std::string_view text) {
  KAITO_TRY(const auto json, parse_strict_json(text, {}));
  return FromJson<Sample>::read(json, "");
}

// "field reason" of the refusal; empty when it was taken.
std::string refusal(std::string_view text) {
  const auto sample = read(text);
  if (sample) return "";
  EXPECT_EQ(sample.error().code, Code::invalid_request);
  return sample.error().field + " " + sample.error().reason;
}

TEST(StrictJson, ReadsWhatIsDescribed) {
  const auto sample = read(R"({"name":"ab","period":30,"role":"admin","flag":true})");
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->name.value, "ab");
  EXPECT_EQ(sample->period->value, 30);
  EXPECT_EQ(sample->role, store::MemberRole::admin);
}

TEST(StrictJson, F53NamesAnUnknownField) {
  EXPECT_EQ(refusal(R"({"name":"ab","org_id":"x"})"), "org_id is not a known field");
}

TEST(StrictJson, F72NamesADuplicateField) {
  EXPECT_EQ(refusal(R"({"name":"ab","name":"cd"})"), "name is given twice");
  EXPECT_EQ(refusal(R"({"name":"ab","n\u0061me":"cd"})"), "name is given twice");
}

TEST(StrictJson, NamesTheFieldThatIsMissingOrOutOfBounds) {
  EXPECT_EQ(refusal(R"({})"), "name is required");
  EXPECT_EQ(refusal(R"({"name":""})"), "name must be 1 to 8 bytes of UTF-8");
  EXPECT_EQ(refusal(R"({"name":"123456789"})"), "name must be 1 to 8 bytes of UTF-8");
  EXPECT_EQ(refusal(R"({"name":"a\nb"})"), "name must not contain control characters");
  EXPECT_EQ(refusal(R"({"name":"a","period":9})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","period":301})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","period":-1})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","period":30.0})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","period":"30"})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","period":1e99})"), "period must be a whole number from 10 to 300");
  EXPECT_EQ(refusal(R"({"name":"a","role":"root"})"), "role must be one of viewer, member, admin, owner");
  EXPECT_EQ(refusal(R"({"name":"a","seeds":["x"]})"), "seeds[0] must be a UUID in lower case");
  EXPECT_EQ(refusal(R"({"name":"a","flag":1})"), "flag must be true or false");
  EXPECT_EQ(refusal(R"([])"), "body must be an object");
}

TEST(StrictJson, F72RefusesDepthTrailingTextAndBadUtf8) {
  EXPECT_EQ(refusal(std::string(100, '[') + std::string(100, ']')), "body is nested too deeply");
  EXPECT_FALSE(read(R"({"name":"ab"} x)"));
  EXPECT_FALSE(read("{\"name\":\"\xff\"}"));
  EXPECT_FALSE(read(R"({"name":"ab",})"));
  EXPECT_FALSE(read(R"({/**/"name":"ab"})"));
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read(R"({"name":"\ud800"})"));
}

TEST(StrictJson, F72BoundsTheNumberOfValues) {
  std::string many = "[";
  for (std::size_t i = 0; i < kMaxJsonValues + 1; ++i) many += "0,";
  many += "0]";
  const auto json = parse_strict_json(many, {});
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().field, "body");
}

TEST(QueryInput, ReadsAndRefusesLikeTheBody) {
  const auto parse = [](std::string_view text) { return from_query<SampleQuery>(*http::Query::parse(text)); };
  EXPECT_EQ(parse("limit=5&next=true")->limit->value, 5U);
  EXPECT_EQ(parse("limit=0").error().field, "limit");
  EXPECT_EQ(parse("limit=5x").error().field, "limit");
  EXPECT_EQ(parse("next=1").error().field, "next");
  EXPECT_EQ(parse("nxt=1").error().reason, "is not a known query parameter");
}

TEST(Schema, StatesTheBoundsThatTheParserEnforces) {
  EXPECT_EQ(schema_of<SampleQuery>(),
            R"({"type":"object","additionalProperties":false,"properties":{)"
            R"("limit":{"type":"integer","minimum":1,"maximum":1000},"next":{"type":"boolean"}}})");
  EXPECT_NE(schema_of<Sample>().find(R"("required":["name"])"), std::string::npos);
}

}  // namespace
}  // namespace kaito::api
