#include "appliance/auth/webauthn/client_data.hpp"

#include <gtest/gtest.h>

#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/response_json.hpp"

namespace kaito::webauthn {
namespace {

const RelyingParty kRp{.id = "vault.example", .origins = {"https://vault.example", "https://vault.example:8443"}};
const Bytes kChallenge(32, 0x01);
const std::string kEncoded = to_base64url(kChallenge);

std::string judge(std::string_view json, const Policy& policy = {}) {
  const auto status = check_client_data(as_bytes(json), kTypeGet, kRp, policy, kChallenge);
  return status ? "accepted" : std::string(to_string(reason_of(status.error()).value()));
}

// A good object with `extra` members before its end.
std::string with(std::string_view extra) {
  return fmt::format(R"({{"type":"webauthn.get","challenge":"{}","origin":"https://vault.example"{}}})", kEncoded,
                     extra);
}

TEST(ClientData, AcceptsWhatBrowsersWrite) {
  EXPECT_EQ(judge(client_data_json(kTypeGet, kChallenge, "https://vault.example:8443")), "accepted");
  EXPECT_EQ(judge(with(R"(,"crossOrigin":false)")), "accepted");
  EXPECT_EQ(judge(with(R"(,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template")")),
            "accepted");
  EXPECT_EQ(judge(with(R"(,"tokenBinding":{"status":"supported"})")), "accepted");
  EXPECT_EQ(judge("\xef\xbb\xbf" + with("")), "accepted");
  EXPECT_EQ(judge(with("") + " \n"), "accepted");
}

TEST(ClientData, RefusesWhatIsNotOneJsonObject) {
  for (const std::string& json :
       {std::string(), std::string("null"), std::string("[]"), std::string("\"x\""), std::string("{"), with("") + "{}",
        with("") + "x", "\xef\xbb\xbf\xef\xbb\xbf" + with(""), with(",\"x\":\"\xff\""), with(",\"x\":\"\xed\xa0\x80\""),
        with(",\"x\":1,}"), with(",\"x\":'y'"), with(",/* */\"x\":1"), "[" + with("") + "]"})
    EXPECT_EQ(judge(json), "clientdata") << json;
}

TEST(ClientData, RefusesMembersGivenTwiceAtAnyLevel) {
  EXPECT_EQ(judge(with(R"(,"type":"webauthn.get")")), "clientdata");
  EXPECT_EQ(judge(with(R"(,"\u0074ype":"webauthn.get")")), "clientdata");
  EXPECT_EQ(judge(with(R"(,"x":{"y":1,"y":2})")), "clientdata");
  EXPECT_EQ(judge(with(R"(,"x":{"type":1})")), "accepted");
}

TEST(ClientData, RefusesDepthAndLengthBeyondReason) {
  EXPECT_EQ(judge(with(",\"x\":" + std::string(64, '[') + std::string(64, ']'))), "clientdata");
  EXPECT_EQ(judge(with(",\"x\":\"" + std::string(kMaxClientDataBytes, 'a') + "\"")), "clientdata");
}

TEST(ClientData, ReadsEscapesBeforeItCompares) {
  EXPECT_EQ(judge(fmt::format(R"({{"type":"webauthn\u002eget","challenge":"{}","origin":"https:\/\/vault.example"}})",
                              kEncoded)),
            "accepted");
}

TEST(ClientData, RefusesValuesOfTheWrongType) {
  EXPECT_EQ(judge(fmt::format(R"({{"type":1,"challenge":"{}","origin":"https://vault.example"}})", kEncoded)), "type");
  EXPECT_EQ(judge(R"({"type":"webauthn.get","challenge":["x"],"origin":"https://vault.example"})"), "challenge");
  EXPECT_EQ(judge(fmt::format(R"({{"type":"webauthn.get","challenge":"{}","origin":null}})", kEncoded)), "origin");
  EXPECT_EQ(judge(with(R"(,"crossOrigin":"false")")), "crossOrigin");
  EXPECT_EQ(judge(with(R"(,"topOrigin":1)")), "crossOrigin");
}

TEST(ClientData, RefusesForeignFramesUnlessPolicyAllowsThem) {
  EXPECT_EQ(judge(with(R"(,"crossOrigin":true)")), "crossOrigin");
  EXPECT_EQ(judge(with(R"(,"topOrigin":"https://frame.example")")), "crossOrigin");
  EXPECT_EQ(judge(with(R"(,"crossOrigin":true,"topOrigin":"https://frame.example")"), {.allow_cross_origin = true}),
            "accepted");
}

TEST(ClientData, ComparesTheChallengeAsText) {
  for (const std::string& challenge :
       {kEncoded + "=", kEncoded.substr(1), std::string(), to_hex(kChallenge), to_base64(kChallenge)})
    EXPECT_EQ(
        judge(fmt::format(R"({{"type":"webauthn.get","challenge":"{}","origin":"https://vault.example"}})", challenge)),
        "challenge")
        << challenge;
}

}  // namespace
}  // namespace kaito::webauthn
