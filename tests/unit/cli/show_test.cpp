#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "appliance/cli/api_client.hpp"
#include "appliance/cli/printable.hpp"
#include "appliance/cli/problem.hpp"
#include "appliance/cli/table.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

json::array rows(std::string_view text) { return json::parse(text).as_array(); }

TEST(Printable, KeepsTextOfEveryScript) { EXPECT_EQ(printable("Zürich · 東京 · 🔑"), "Zürich · 東京 · 🔑"); }

TEST(Printable, EscapesWhatCouldMoveTheCursorOrColourTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\td\x7f"), "a\\x1b[31mb\\x0ac\\x09d\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");  // CSI as one C1 character
}

TEST(Printable, EscapesWhatCouldMakeALabelReadAsAnother) {
  EXPECT_EQ(printable("\u202egnp.exe\u200b"), "\\u202egnp.exe\\u200b");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b\xc3"),
            "a\\xffb\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
}

TEST(Table, AlignsByCharactersNotBytes) {
  EXPECT_EQ(table(rows(R"([{"a":"Zürich","b":1},{"a":"Bern","b":22}])"), {{"CITY", "a"}, {"NO", "b"}}),
            "CITY    NO\n"
            "Zürich  1\n"
            "Bern    22\n");
}

TEST(Table, ShowsADashForWhatIsAbsentOrNull) {
  EXPECT_EQ(table(rows(R"([{"a":null}])"), {{"A", "a"}, {"B", "b"}}), "A  B\n-  -\n");
}

TEST(Table, KeepsALabelWithANewlineOnItsLine) {
  EXPECT_EQ(table(rows(R"([{"a":"x\ny"}])"), {{"A", "a"}}), "A\nx\\x0ay\n");
}

TEST(Table, JoinsListsAndSaysYesAndNo) {
  EXPECT_EQ(table(rows(R"([{"a":["x","y"],"b":true,"c":[]}])"), {{"A", "a"}, {"B", "b"}, {"C", "c"}}),
            "A     B    C\nx, y  yes  -\n");
}

TEST(Record, PutsEachMemberOnALineAndLeavesObjectsOut) {
  EXPECT_EQ(record(json::parse(R"({"id":"1","hsm":{"x":1},"longer":false})").as_object()), "id      1\nlonger  no\n");
}

TEST(Explain, TellsTheTitleTheFieldAndTheReason) {
  EXPECT_EQ(explain(Error::invalid("/name", "must not be empty")), "The request is not valid: /name must not be empty");
}

TEST(Explain, LetsAnErrorOfThisProgramSpeakForItself) {
  EXPECT_EQ(explain(Error{.code = Code::conflict, .detail = "\"a\" matches 2 seeds"}), "\"a\" matches 2 seeds");
  EXPECT_EQ(explain(Error{.code = Code::connection_failed, .detail = "https://h: refused"}),
            "The appliance could not be reached: https://h: refused");
}

TEST(Explain, EscapesWhatAServerSent) {
  EXPECT_EQ(explain(Error::invalid("/name", "\x1b[2J")), "The request is not valid: /name \\x1b[2J");
}

TEST(Problem, BecomesTheErrorThatItNames) {
  const Error error = problem_of({.status = 400,
                                  .headers = {},
                                  .body = R"({"type":"urn:kaito:problem:invalid-request","title":"…","status":400,)"
                                          R"("field":"/digits","detail":"/digits must be 5 to 10"})"});
  EXPECT_EQ(error.code, Code::invalid_request);
  EXPECT_EQ(error.field, "/digits");
  EXPECT_EQ(error.reason, "must be 5 to 10");
}

TEST(Problem, EveryCodeOfTheTableComesBackWithItsExitCode) {
  for (const auto& row : code_table()) {
    const Error error = problem_of({.status = row.http_status,
                                    .headers = {},
                                    .body = fmt::format(R"({{"type":"urn:kaito:problem:{}"}})", row.slug)});
    EXPECT_EQ(traits(error.code).exit_code, row.exit_code) << row.slug;
  }
}

TEST(Problem, APageThatIsNoneOfTheAppliancesIsAConnectionFailure) {
  EXPECT_EQ(problem_of({.status = 502, .headers = {}, .body = "<html>"}).code, Code::connection_failed);
  EXPECT_EQ(problem_of({.status = 400, .headers = {}, .body = R"({"type":"urn:kaito:problem:made-up"})"}).code,
            Code::connection_failed);
}

TEST(UrlEncode, LeavesNothingThatCouldEndAQueryValue) {
  EXPECT_EQ(url_encode("a b&c=d#e/ü"), "a%20b%26c%3Dd%23e%2F%C3%BC");
}

}  // namespace
}  // namespace kaito::cli
