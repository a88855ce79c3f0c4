// Real exports of other programs, imported over HTTPS: every entry's code equals oathtool's, and nothing is dropped
// without a word. What each file holds is in expected.json, made by a reader that shares no code with the product.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "appliance/base/file.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

std::string vector_file(std::string_view name) {
  return must(read_file(std::filesystem::path(KAITO_IMPORT_VECTORS) / name, 1U << 20));
}

json::array expected_files() { return json::parse(vector_file("expected.json")).as_array(); }

class Import : public testing::Test {
 protected:
  static void SetUpTestSuite() { stage_ = std::make_unique<Stage>(); }
  static void TearDownTestSuite() { stage_.reset(); }

  static json::value import(OrgOnStage& org, json::object request) {
    return must(org.owner.call("POST", org.path("/seeds/import"), request));
  }
  static std::size_t seed_count(OrgOnStage& org) {
    return must(org.owner.call("GET", org.path("/seeds?limit=1000"))).at("items").as_array().size();
  }

  // The code of an imported seed, and where it stands: its time step, or its HOTP counter.
  static std::pair<std::string, std::int64_t> code_of(OrgOnStage& org, const std::string& seed, bool hotp) {
    const std::string path = org.path("/seeds/" + seed + "/code");
    if (hotp) {
      const auto reply = must(org.owner.call("POST", path, json::object{}));
      return {text_at(reply, "/code"), reply.at("counter").to_number<std::int64_t>()};
    }
    const TimedCode timed = TimedCode::of(must(org.owner.call("GET", path)));
    return {timed.code, to_unix_s(timed.valid_from)};
  }

  static std::unique_ptr<Stage> stage_;
};
std::unique_ptr<Stage> Import::stage_;

struct Compared {
  std::vector<std::string> given;
  std::vector<ReferenceCode> wanted;
};

ReferenceCode reference_for(const json::object& entry) {
  ReferenceCode wanted{.type = std::string(entry.at("type").as_string()),
                       .algorithm = std::string(entry.at("algorithm").as_string()),
                       .digits = entry.at("digits").to_number<int>(),
                       .secret = std::string(entry.at("secret").as_string())};
  if (wanted.type == "hotp")
    wanted.at = entry.at("counter").to_number<std::int64_t>();
  else
    wanted.period = entry.at("period").to_number<std::int64_t>();
  return wanted;
}

TEST_F(Import, EveryEntryOfEveryRealExportGivesOathtoolsCode) {
  Compared compared;
  for (const auto& element : expected_files()) {
    const auto& file = element.as_object();
    const std::string name(file.at("file").as_string());
    SCOPED_TRACE(name);
    OrgOnStage org(*stage_, name);
    json::object request{{"content", vector_file(name)}};
    if (file.at("password").is_string()) request["password"] = file.at("password");
    const auto report = import(org, request);
    EXPECT_EQ(report.at("format"), file.at("format"));
    EXPECT_EQ(report.at("refused"), 0);
    const auto& entries = report.at("entries").as_array();
    const auto& expected = file.at("entries").as_array();
    ASSERT_EQ(entries.size(), expected.size());
    std::set<std::string> brought;  // a secret with its parameters; another entry with both is a duplicate
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto& wanted = expected[i].as_object();
      EXPECT_EQ(entries[i].at("issuer"), wanted.at("issuer"));
      EXPECT_EQ(entries[i].at("account"), wanted.at("account"));
      const bool is_first = brought.insert(text_at(wanted, "/secret") + " " + text_at(wanted, "/type")).second;
      EXPECT_EQ(text_at(entries[i], "/outcome"), is_first ? "imported" : "duplicate");
      if (!is_first) continue;
      ReferenceCode reference = reference_for(wanted);
      const auto [code, at] = code_of(org, text_at(entries[i], "/seed"), reference.type == "hotp");
      if (reference.type == "hotp") EXPECT_EQ(at, reference.at) << "the counter is not the export's";
      reference.at = at;
      compared.given.push_back(code);
      compared.wanted.push_back(std::move(reference));
    }
    EXPECT_EQ(report.at("imported"), brought.size());
    EXPECT_EQ(report.at("duplicates"), expected.size() - brought.size());
  }
  ASSERT_GT(compared.given.size(), 60U);
  EXPECT_EQ(compared.given, reference_codes(compared.wanted));
}

TEST_F(Import, HalfOfAGoogleExportIsRefusedWhole) {
  OrgOnStage org(*stage_, "Half an export");
  const auto reply =
      org.owner.call("POST", org.path("/seeds/import"), json::object{{"content", vector_file("google_part1of2.txt")}});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, Code::invalid_request);
  EXPECT_EQ(reply.error().field, "content");
  EXPECT_EQ(seed_count(org), 0U);
}

TEST_F(Import, AWrongPasswordOfAnEncryptedExportIsNamed) {
  OrgOnStage org(*stage_, "Wrong password");
  const auto reply =
      org.owner.call("POST", org.path("/seeds/import"),
                     json::object{{"content", vector_file("aegis_encrypted.json")}, {"password", "not this one"}});
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, Code::invalid_request);
  EXPECT_EQ(reply.error().field, "password");
}

constexpr std::string_view kMixed =
    "otpauth://totp/Good:one?secret=JBSWY3DPEHPK3PXP&issuer=Good\n"
    "otpauth://totp/Twin:two?secret=JBSWY3DPEHPK3PXP&issuer=Twin\n"
    "otpauth://totp/Bad:three?secret=0189!&issuer=Bad\n"
    "otpauth://totp/Good:four?secret=GEZDGNBVGY3TQOJQ&issuer=Good\n";

std::vector<std::string> outcomes(const json::value& report) {
  std::vector<std::string> all;
  for (const auto& entry : report.at("entries").as_array()) all.push_back(text_at(entry, "/outcome"));
  return all;
}

TEST_F(Import, AReportNamesEachEntryWithItsOutcomeAndWhy) {
  OrgOnStage org(*stage_, "Report");
  const auto report = import(org, {{"content", kMixed}});
  EXPECT_EQ(outcomes(report), (std::vector<std::string>{"imported", "duplicate", "refused", "imported"}));
  EXPECT_EQ(report.at("applied"), true);
  for (const std::size_t i : {1U, 2U})
    EXPECT_FALSE(text_at(report.at("entries").as_array()[i], "/reason").empty()) << json::serialize(report);
  EXPECT_EQ(seed_count(org), 2U);
  const auto again = import(org, {{"content", kMixed}});
  EXPECT_EQ(outcomes(again), (std::vector<std::string>{"duplicate", "duplicate", "refused", "duplicate"}));
  EXPECT_EQ(seed_count(org), 2U);
}

TEST_F(Import, ADryRunReportsTheSameAndLeavesNothing) {
  OrgOnStage org(*stage_, "Dry run");
  const auto report = import(org, {{"content", kMixed}, {"dry_run", true}});
  EXPECT_EQ(outcomes(report), (std::vector<std::string>{"imported", "duplicate", "refused", "imported"}));
  EXPECT_EQ(report.at("dry_run"), true);
  EXPECT_EQ(report.at("applied"), false);
  EXPECT_EQ(seed_count(org), 0U);
}

TEST_F(Import, AllOrNothingTakesNothingWhenOneEntryIsRefused) {
  OrgOnStage org(*stage_, "All or nothing");
  const auto report = import(org, {{"content", kMixed}, {"all_or_nothing", true}});
  EXPECT_EQ(report.at("applied"), false);
  EXPECT_EQ(report.at("refused"), 1);
  EXPECT_EQ(seed_count(org), 0U);
}

}  // namespace
}  // namespace kaito::test
