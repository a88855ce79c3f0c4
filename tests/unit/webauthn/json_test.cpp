#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "appliance/auth/webauthn/client.hpp"
#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "tests/unit/webauthn/ceremony_fixture.hpp"

namespace kaito::webauthn {
namespace {

namespace json = boost::json;
using WebauthnJson = CeremonyTest;

std::string field_of(const auto& result) { return result ? "accepted" : result.error().field; }

json::object changed(json::object response, std::string_view path, json::value value) {
  if (path.starts_with("response.")) {
    response.at("response").as_object()[path.substr(9)] = std::move(value);
  } else {
    response[path] = std::move(value);
  }
  return response;
}

TEST_F(WebauthnJson, CarriesACeremonyThroughTheFormsOfTheApi) {
  const auto response = key.create_json(creation_options_json(creation()), kOrigin);
  ASSERT_TRUE(response) << response.error().describe();
  const auto parsed = parse_registration_response(json::parse(json::serialize(*response)));
  ASSERT_TRUE(parsed) << parsed.error().describe();
  const auto made = check(*parsed);
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_EQ(parsed->transports, std::vector<std::string>{"usb"});

  stored = {.id = made->credential_id, .cose_key = made->cose_key, .sign_count = made->sign_count, .user_handle = user};
  const auto login =
      key.get_json(request_options_json(
                       {.rp_id = rp.id, .challenge = challenge, .allow = {{.id = stored.id, .transports = {"usb"}}}}),
                   kOrigin);
  ASSERT_TRUE(login) << login.error().describe();
  const auto assertion = parse_assertion_response(json::parse(json::serialize(*login)));
  ASSERT_TRUE(assertion) << assertion.error().describe();
  EXPECT_EQ(reason(check(*assertion)), "accepted");
}

TEST_F(WebauthnJson, ReadsBackTheOptionsThatItWrites) {
  CreationOptions options = creation();
  options.exclude = {{.id = Bytes(20, 1), .transports = {"usb", "nfc"}}};
  options.resident_key = true;
  const auto read = parse_creation_options(json::parse(json::serialize(creation_options_json(options))));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->rp.id, rp.id);
  EXPECT_EQ(read->rp_name, "Kaito");
  EXPECT_EQ(read->user.id, user);
  EXPECT_EQ(read->challenge, challenge);
  EXPECT_EQ(read->algorithms, kSupportedAlgorithms);
  EXPECT_EQ(read->exclude.front().transports.size(), 2U);
  EXPECT_EQ(read->uv, UserVerification::required);
  EXPECT_TRUE(read->attestation_wanted);
  EXPECT_TRUE(read->resident_key);
  EXPECT_EQ(read->timeout, options.timeout);
}

TEST_F(WebauthnJson, NamesTheFieldOfAResponseThatIsWrong) {
  const json::object good = to_json(make_registration());
  ASSERT_EQ(field_of(parse_registration_response(good)), "accepted");
  const auto field = [&](std::string_view path, json::value value) {
    return field_of(parse_registration_response(changed(good, path, std::move(value))));
  };
  EXPECT_EQ(field("type", "password"), "type");
  EXPECT_EQ(field("id", "a"), "id");
  EXPECT_EQ(field("id", "AAAA"), "rawId");
  EXPECT_EQ(field("rawId", json::value(nullptr)), "rawId");
  EXPECT_EQ(field("id", json::string(std::string(2000, 'A'))), "id");
  EXPECT_EQ(field("surprise", 1), "surprise");
  EXPECT_EQ(field("response", 1), "response");
  EXPECT_EQ(field("response.surprise", 1), "response.surprise");
  EXPECT_EQ(field("response.clientDataJSON", 7), "response.clientDataJSON");
  EXPECT_EQ(field("response.clientDataJSON", ""), "response.clientDataJSON");
  EXPECT_EQ(field("response.attestationObject", "AA=="), "response.attestationObject");
  EXPECT_EQ(field("response.attestationObject", "AB"), "response.attestationObject");
  EXPECT_EQ(field("response.attestationObject", "A+/A"), "response.attestationObject");
  EXPECT_EQ(field("response.transports", "usb"), "response.transports");
  EXPECT_EQ(field("response.transports", json::parse("[1]")), "response.transports");
  EXPECT_EQ(field_of(parse_registration_response(json::array())), "");
}

TEST_F(WebauthnJson, NamesTheFieldOfALoginThatIsWrong) {
  enrol();
  const json::object good = to_json(make_assertion());
  ASSERT_EQ(field_of(parse_assertion_response(good)), "accepted");
  const auto field = [&](std::string_view path, json::value value) {
    return field_of(parse_assertion_response(changed(good, path, std::move(value))));
  };
  EXPECT_EQ(field("response.signature", ""), "response.signature");
  EXPECT_EQ(field("response.userHandle", json::string(to_base64url(Bytes(65)))), "response.userHandle");
  EXPECT_EQ(field("response.userHandle", json::value(nullptr)), "accepted");
  EXPECT_EQ(field("response.authenticatorData", json::array()), "response.authenticatorData");
  EXPECT_EQ(field("authenticatorAttachment", "cross-platform"), "accepted");
}

TEST_F(WebauthnJson, NamesTheOptionThatIsWrong) {
  const json::object good = creation_options_json(creation());
  const auto field = [&](std::string_view path, json::value value) {
    return field_of(parse_creation_options(changed(good, path, std::move(value))));
  };
  EXPECT_EQ(field("challenge", "="), "challenge");
  EXPECT_EQ(field("timeout", -1), "timeout");
  EXPECT_EQ(field("timeout", 1e9), "timeout");
  EXPECT_EQ(field("pubKeyCredParams", json::array()), "pubKeyCredParams");
  EXPECT_EQ(field("excludeCredentials", json::parse("[1]")), "excludeCredentials");
  EXPECT_EQ(field("user", json::object()), "user.id");
  EXPECT_EQ(field("rp", json::object()), "rp.id");
  EXPECT_EQ(field("hints", json::array()), "accepted");
}

TEST(RpId, IsTheHostOrAParentDomainOfIt) {
  EXPECT_TRUE(check_rp_id("https://vault.example.org", "vault.example.org"));
  EXPECT_TRUE(check_rp_id("https://vault.example.org:8443", "example.org"));
  EXPECT_TRUE(check_rp_id("http://localhost:8080", "localhost"));
  EXPECT_TRUE(check_rp_id("https://192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(check_rp_id("https://192.0.2.7", "0.2.7"));
  EXPECT_FALSE(check_rp_id("http://vault.example.org", "vault.example.org"));
  EXPECT_FALSE(check_rp_id("https://vault.example.org", "org"));
  EXPECT_FALSE(check_rp_id("https://vault.example.org", ".example.org"));
  EXPECT_FALSE(check_rp_id("https://notexample.org", "example.org"));
  EXPECT_FALSE(check_rp_id("vault.example.org", "vault.example.org"));
}

}  // namespace
}  // namespace kaito::webauthn
