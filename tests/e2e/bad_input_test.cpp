// What the appliance says to input that is wrong: a problem of RFC 9457 with a stable type, which names the field.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/scenario/must.hpp"
#include "tests/scenario/raw_http.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

class BadInput : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stage_ = std::make_unique<Stage>();
    org_ = std::make_unique<OrgOnStage>(*stage_, "Bad input");
    key_ = must(make_api_key(org_->owner, org_->id, {"seeds:read", "seeds:write", "codes:read"}));
  }
  static void TearDownTestSuite() {
    org_.reset();
    stage_.reset();
  }

  static std::string seeds() { return org_->path("/seeds"); }
  static cli::Response send(std::string_view method, const std::string& target, std::string_view body = "",
                            std::string_view type = "application/json") {
    RawRequest request{.method = std::string(method),
                       .target = target,
                       .headers = {{"Authorization", "Bearer " + key_}},
                       .body = std::string(body)};
    if (!type.empty()) request.headers.emplace_back("Content-Type", type);
    return raw_request(stage_->appliance, request);
  }

  // RFC 9457, with the status in the body too; `field` empty: names none.
  static void expect_problem(const cli::Response& response, Code code, std::string_view field) {
    const auto& row = traits(code);
    EXPECT_EQ(response.status, row.http_status) << response.body;
    const auto type = response.headers.find("content-type");
    ASSERT_NE(type, response.headers.end());
    EXPECT_EQ(type->second, "application/problem+json");
    const auto problem = json::parse(response.body);
    EXPECT_EQ(text_at(problem, "/type"), "urn:kaito:problem:" + std::string(row.slug));
    EXPECT_EQ(text_at(problem, "/title"), row.title);
    EXPECT_EQ(problem.at("status"), response.status);
    if (!field.empty()) {
      ASSERT_TRUE(problem.as_object().contains("field")) << response.body;
      EXPECT_EQ(text_at(problem, "/field"), field) << response.body;
    }
  }
  static void expect_invalid_seed(std::string_view body, std::string_view field) {
    SCOPED_TRACE(body.substr(0, 100));
    expect_problem(send("POST", seeds(), body), Code::invalid_request, field);
  }

  static std::unique_ptr<Stage> stage_;
  static std::unique_ptr<OrgOnStage> org_;
  static std::string key_;
};
std::unique_ptr<Stage> BadInput::stage_;
std::unique_ptr<OrgOnStage> BadInput::org_;
std::string BadInput::key_;

TEST_F(BadInput, UnknownDuplicateAndMissingFieldsAreNamed) {
  expect_invalid_seed(R"({"secret":"JBSWY3DPEHPK3PXP","account":"a","acount":"b"})", "acount");
  expect_invalid_seed(R"({"secret":"JBSWY3DPEHPK3PXP","account":"a","account":"b"})", "account");
  expect_invalid_seed(R"({"account":"a"})", "secret");
  expect_problem(send("POST", org_->path("/codes"), "{}"), Code::invalid_request, "seeds");
}

TEST_F(BadInput, F53AnOrgOrRoleSmuggledIntoTheBodyIsRefused) {
  for (const std::string_view field : {"org", "org_id", "role", "id"})
    expect_invalid_seed(fmt::format(R"({{"secret":"JBSWY3DPEHPK3PXP","account":"a","{}":"owner"}})", field), field);
}

TEST_F(BadInput, WrongBase32IsNamed) {
  for (const std::string_view secret : {"0189", "JBSWY3DP!", "JBSWY3D\\u00d6", "====", "A"})
    expect_invalid_seed(fmt::format(R"({{"secret":"{}","account":"a"}})", secret), "secret");
}

TEST_F(BadInput, TooLongAndEmptyNamesAreNamed) {
  const std::string long_name(300, 'n');
  expect_invalid_seed(fmt::format(R"({{"secret":"JBSWY3DPEHPK3PXP","account":"{}"}})", long_name), "account");
  expect_invalid_seed(fmt::format(R"({{"secret":"JBSWY3DPEHPK3PXP","account":"a","issuer":"{}"}})", long_name),
                      "issuer");
  expect_invalid_seed(R"({"secret":"JBSWY3DPEHPK3PXP","account":"","issuer":""})", "account");
  expect_invalid_seed(R"({"secret":"JBSWY3DPEHPK3PXP","account":"a\u0007b"})", "account");
}

TEST_F(BadInput, AbsurdPeriodsDigitsAndTypesAreNamed) {
  const auto with = [](std::string_view member) {
    return fmt::format(R"({{"secret":"JBSWY3DPEHPK3PXP","account":"a",{}}})", member);
  };
  for (const std::string_view period :
       {"0", "-1", "9", "301", "4294967326", "1e9", "30.5", "\"30\"", "99999999999999999999999"})
    expect_invalid_seed(with(fmt::format(R"("period":{})", period)), "period");
  for (const std::string_view digits : {"0", "4", "9", "262", "-6", "\"6\"", "true"})
    expect_invalid_seed(with(fmt::format(R"("digits":{})", digits)), "digits");
  expect_invalid_seed(with(R"("digits":5)"), "digits");
  expect_invalid_seed(with(R"("algorithm":"MD5")"), "algorithm");
  expect_invalid_seed(with(R"("type":"yubikey")"), "type");
  expect_invalid_seed(with(R"("type":"hotp","counter":-1)"), "counter");
  expect_invalid_seed(with(R"("groups":["not-an-id"])"), "groups[0]");
}

TEST_F(BadInput, AUriSaysWhichPartOfItIsWrong) {
  for (const std::string_view uri :
       {"http://example.org", "otpauth://totp/a", "otpauth://totp/a?secret=0189",
        "otpauth://motp/a?secret=JBSWY3DPEHPK3PXP", "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=99",
        "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&period=0"}) {
    SCOPED_TRACE(uri);
    const auto response = send("POST", seeds(), json::serialize(json::object{{"uri", uri}}));
    expect_problem(response, Code::invalid_request, "");
    EXPECT_FALSE(text_at(json::parse(response.body), "/field").empty());
    EXPECT_FALSE(text_at(json::parse(response.body), "/detail").empty());
  }
}

TEST_F(BadInput, F72MalformedDeepAndCrowdedJsonIsRefused) {
  for (const std::string_view body :
       {"{", "nonsense", "{\"a\":1}}", "{'a':1}", "{\"secret\":\"\xff\xfe\"}", "\xef\xbb\xbf{}"})
    expect_invalid_seed(body, "body");
  for (const std::string_view body : {"[]", "null", "1", "\"text\""}) expect_invalid_seed(body, "body");
  expect_invalid_seed(std::string(1000, '['), "body");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += R"({"a":)";
  expect_invalid_seed(deep, "body");
  std::string crowded = R"({"groups":[)";
  for (int i = 0; i < 5000; ++i) crowded += "1,";
  expect_invalid_seed(crowded + "1]}", "groups");
}

TEST_F(BadInput, AnotherContentTypeIs415) {
  const std::string body = R"({"secret":"JBSWY3DPEHPK3PXP","account":"a"})";
  for (const std::string_view type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""}) {
    SCOPED_TRACE(type);
    expect_problem(send("POST", seeds(), body, type), Code::unsupported_media_type, "Content-Type");
  }
}

TEST_F(BadInput, AWrongMethodIs405AndSaysWhatIsAllowed) {
  const auto response = send("DELETE", seeds());
  expect_problem(response, Code::method_not_allowed, "");
  ASSERT_TRUE(response.headers.contains("allow"));
  EXPECT_EQ(response.headers.at("allow"), "GET, HEAD, POST");
  for (const std::string_view method : {"BREW", "OPTIONS", "TRACE"})
    expect_problem(send(method, seeds()), Code::method_not_allowed, "");
}

TEST_F(BadInput, F52NoTrickInThePathReachesAnEndpoint) {
  for (const std::string_view path : {"/v1/nothing", "/v2/orgs", "/", "/V1/session", "/v1/Session", "/v1/session/"}) {
    SCOPED_TRACE(path);
    expect_problem(send("GET", std::string(path)), Code::not_found, "");
  }
  for (const std::string_view path :
       {"/v1/../v1/session", "/v1/./session", "/v1//session", "//v1/session", "/v1/%2e%2e/session", "/v1/sess%69on",
        "/v1%2fsession", "/v1/session%00", "/v1\\session", "/v1/%zz"}) {
    SCOPED_TRACE(path);
    expect_problem(send("GET", std::string(path)), Code::invalid_request, "request");
  }
}

TEST_F(BadInput, QueriesAreAsStrictAsBodies) {
  expect_problem(send("GET", seeds() + "?serch=a"), Code::invalid_request, "serch");
  expect_problem(send("GET", seeds() + "?limit=0"), Code::invalid_request, "limit");
  expect_problem(send("GET", seeds() + "?limit=1001"), Code::invalid_request, "limit");
  expect_problem(send("GET", seeds() + "?limit=ten"), Code::invalid_request, "limit");
  expect_problem(send("GET", seeds() + "?limit=1&limit=2"), Code::invalid_request, "limit");
  expect_problem(send("GET", seeds() + "?cursor=made-up"), Code::invalid_request, "cursor");
  expect_problem(send("GET", seeds() + "/no-such-id/code?soon=true"), Code::invalid_request, "soon");
}

TEST_F(BadInput, ABodyOverTheEndpointsBoundIs413BeforeItIsSent) {
  const auto head = [](std::size_t length) {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        seeds(), key_, length);
  };
  for (const std::size_t length : {std::size_t{16 * 1024 + 1}, std::size_t{1} << 40}) {
    SCOPED_TRACE(length);
    expect_problem(parse_response(raw_exchange(stage_->appliance, head(length))), Code::payload_too_large, "");
  }
}

TEST_F(BadInput, F71RequestsThatTwoReadersCouldReadDifferentlyAreRefusedAndClosed) {
  const std::string start = "POST " + seeds() + " HTTP/1.1\r\n";
  for (const std::string_view rest :
       {"Host: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", "Host: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "Host: localhost\r\nContent-Length: 5, 5\r\n\r\nhello",
        "Host: localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "\r\n",
        "Host: localhost\r\nHost: localhost\r\n\r\n", "Host: localhost\r\n folded: yes\r\n\r\n"}) {
    SCOPED_TRACE(rest);
    const auto reply = raw_exchange(stage_->appliance, start + std::string(rest));
    expect_problem(parse_response(reply), Code::invalid_request, "request");
    EXPECT_EQ(parse_response(reply).headers["connection"], "close");
  }
}

TEST_F(BadInput, S4TlsBefore12IsRefusedAndTheCertificateHoldsUnderTheCaAlone) {
  const auto& appliance = stage_->appliance;
  EXPECT_EQ(handshake(appliance, appliance.ca(), {.lowest = TLS1_3_VERSION}), "");
  EXPECT_EQ(handshake(appliance, appliance.ca(), {.highest = TLS1_2_VERSION}), "");
  for (const int version : {TLS1_1_VERSION, TLS1_VERSION})
    EXPECT_NE(handshake(appliance, appliance.ca(), {.lowest = version, .highest = version}).find("protocol version"),
              std::string::npos);
  EXPECT_NE(handshake(appliance, "").find("certificate verify failed"), std::string::npos);
}

}  // namespace
}  // namespace kaito::test
