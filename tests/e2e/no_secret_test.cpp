// S2, S11, F61: seeds, passwords, PINs and tokens that the test knows are used in every way, well and badly, with the
// log at its most talkative; then no file of the appliance, no log and no audit export holds any of them in any form.
//
// Two files are excluded by name: hsm/user.pin and hsm/so.pin are where the embedded token's PINs live (the threat
// model says so; the data volume is encrypted).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "tests/e2e/secret_scanner.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/raw_http.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

const std::vector<std::string> kExcluded{"hsm/user.pin", "hsm/so.pin"};
constexpr std::string_view kCanary = "KZXWYY3BNZQXE6LTMVRXEZLUGEZDGNBV";  // base32, never stored
constexpr std::string_view kCanaryPassword = "Tr0ub4dor-and-a-canary-5512";

TEST(SecretScanner, FindsEachFormOfAPlantedSecret) {
  SecretScanner scanner;
  scanner.add("canary", decode_base32(kCanary));
  for (const auto& form : SecretScanner::forms_of(decode_base32(kCanary)))
    EXPECT_FALSE(scanner.find_in("before " + form.text + " after").empty()) << form.name;
  EXPECT_TRUE(scanner.find_in("nothing of the kind").empty());
}

class NoSecret : public testing::Test {
 protected:
  NoSecret() : stage_({"--log-level", "debug", "--checkpoint-seconds", "1"}), org_(stage_, "Canaries") {
    scanner_.add_text("staff session", as_text(stage_.officer.session().expose_secret()));
    scanner_.add_text("owner's session", as_text(org_.owner.session().expose_secret()));
    scanner_.add_text("owner's password", OrgOnStage::kPassword);
    scanner_.add_text("canary password", kCanaryPassword);
    scanner_.add("canary seed", decode_base32(kCanary));
    for (const auto& file : kExcluded) {
      std::string pin = must(read_file(stage_.appliance.data() / file, 1024));
      while (pin.ends_with('\n')) pin.pop_back();
      scanner_.add_text(file, pin);
    }
    api_key_ = must(make_api_key(org_.owner, org_.id, {"codes:read", "seeds:read", "seeds:write", "members:write"}));
    scanner_.add_text("API key", api_key_);
  }

  void use_well();
  void use_badly();
  void import(const json::object& file);
  void read_all_codes();
  using Headers = std::vector<std::pair<std::string, std::string>>;
  [[nodiscard]] Headers api_headers() const {
    return {{"Authorization", "Bearer " + api_key_}, {"Content-Type", "application/json"}};
  }
  [[nodiscard]] std::vector<Headers> with_and_without_credentials() const {
    return {api_headers(), {{"Content-Type", "application/json"}}};
  }
  void send(const RawRequest& request) {
    raw_request(stage_.appliance, request);
    ++sent_;
  }
  void bad_targets(std::string_view canary);
  void bad_headers(std::string_view canary);
  void bad_bodies(std::string_view canary);

  void expect_clean() {
    EXPECT_THAT(scanner_.find_below(stage_.appliance.directory(),
                                    [] {
                                      std::vector<std::string> excluded;
                                      for (const auto& file : kExcluded) excluded.push_back("data/" + file);
                                      return excluded;
                                    }()),
                testing::IsEmpty());
  }

  Stage stage_;
  OrgOnStage org_;
  SecretScanner scanner_;
  std::string api_key_;
  int sent_ = 0;
};

// Exports of other programs, passwords of encrypted ones too; all codes; a member who comes, logs in and out.
void NoSecret::use_well() {
  const auto text = must(read_file(std::filesystem::path(KAITO_IMPORT_VECTORS) / "expected.json", 1U << 20));
  const auto files = json::parse(text);
  for (const auto& file : files.as_array()) import(file.as_object());
  read_all_codes();
  auto member = stage_.appliance.client();
  must(make_member(org_.owner, member, org_.id, "canary@example.org", "viewer", kCanaryPassword));
  scanner_.add_text("member's session", as_text(member.session().expose_secret()));
  must(member.call("DELETE", "/v1/session"));
  auto wrong = stage_.appliance.client();
  EXPECT_FALSE(login_member(wrong, "Canaries", "canary@example.org", std::string(kCanaryPassword) + "!").has_value());
}

void NoSecret::import(const json::object& file) {
  json::object request{
      {"content", must(read_file(std::filesystem::path(KAITO_IMPORT_VECTORS) / std::string(file.at("file").as_string()),
                                 1U << 20))}};
  if (file.at("password").is_string()) {
    request["password"] = file.at("password");
    if (file.at("password").as_string().size() >= 8)
      scanner_.add_text("password of an export", std::string_view(file.at("password").as_string()));
  }
  must(org_.owner.call("POST", org_.path("/seeds/import"), request));
  for (const auto& entry : file.at("entries").as_array()) {
    const auto secret = decode_base32(text_at(entry, "/secret"));
    // One export has ten zero bytes for a secret: those are everywhere.
    if (std::ranges::adjacent_find(secret, std::ranges::not_equal_to()) == secret.end()) continue;
    scanner_.add("seed of " + text_at(file, "/file"), secret);
  }
}

void NoSecret::read_all_codes() {
  const auto seeds = must(org_.owner.call("GET", org_.path("/seeds?limit=1000")));
  for (const auto& seed : seeds.at("items").as_array()) {
    const std::string path = org_.path("/seeds/" + text_at(seed, "/id") + "/code");
    if (seed.at("type") == "hotp")
      must(org_.owner.call("POST", path, json::object{}));
    else
      must(org_.owner.call("GET", path));
  }
}

void NoSecret::bad_targets(std::string_view canary) {
  for (const auto& target :
       {fmt::format("/{}", canary), fmt::format("//{}", canary), fmt::format("/v1/orgs/{}", canary),
        org_.path(fmt::format("/seeds/{}", canary)), org_.path(fmt::format("/seeds/{}/code", canary)),
        org_.path(fmt::format("/seeds?search={}", canary)), org_.path(fmt::format("/seeds?{}=1", canary)),
        org_.path(fmt::format("/seeds?cursor={}", canary)), org_.path(fmt::format("/seeds?group={}", canary))})
    for (const auto& headers : with_and_without_credentials())
      send({.method = "GET", .target = target, .headers = headers});
  send({.method = std::string(canary), .target = "/v1/session", .headers = api_headers()});
}

void NoSecret::bad_headers(std::string_view canary) {
  const std::string value(canary);
  for (const auto* name : {"Authorization", "Cookie", "User-Agent", "X-Forwarded-For", "Origin", "Referer",
                           "Sec-Fetch-Site", "Accept", "If-None-Match", "Content-Type", "Content-Encoding", "Expect",
                           "Transfer-Encoding", "Upgrade", "Host", "X-Request-Id", "Forwarded"})
    for (const auto& prefix : {"", "Bearer ", "Basic ", "__Host-kaito_session=", "__Host-kaito_session=kto_sess_"}) {
      send({.method = "GET", .target = "/v1/session", .headers = {{name, prefix + value}}});
      auto headers = api_headers();
      headers.emplace_back(name, prefix + value);
      send({.target = org_.path("/seeds"), .headers = headers, .body = "{}"});
    }
  send({.method = "GET", .target = "/v1/session", .headers = {{"X-" + value, "1"}}});
  raw_exchange(stage_.appliance, value + "\r\n\r\n");
  raw_exchange(stage_.appliance, "GET /v1/session HTTP/1.1\r\n" + value + "\r\n\r\n");
}

void NoSecret::bad_bodies(std::string_view canary) {
  const std::string text(canary);
  // Every field of every endpoint that these clients may call, each time with something that is wrong besides.
  for (const auto& path :
       {org_.path("/seeds"), org_.path("/seeds/import"), org_.path("/codes"), org_.path("/members"),
        std::string("/v1/session/login"), std::string("/v1/session/invitation"), std::string("/v1/session/password"),
        std::string("/v1/staff/enrolment"), std::string("/v1/staff/login/response")})
    for (const auto& headers : with_and_without_credentials()) {
      for (const auto* field :
           {"uri",        "secret",       "issuer",       "account", "type",     "algorithm", "digits",   "period",
            "counter",    "groups",       "content",      "format",  "password", "username",  "role",     "org",
            "invitation", "old_password", "new_password", "token",   "name",     "ceremony",  "response", "seeds"}) {
        send({.target = path, .headers = headers, .body = json::serialize(json::object{{field, text}, {"wrong", 1}})});
        send({.target = path, .headers = headers, .body = json::serialize(json::object{{field, json::array{text}}})});
      }
      for (const auto& body :
           {text, "{\"secret\":\"" + text, "{\"" + text + "\":1}", "{\"" + text + "\":1,\"" + text + "\":2}",
            "[\"" + text + "\"]", "{\"secret\":" + text + "}",
            "{\"secret\":\"" + text + "\",\"account\":\"a\",\"period\":1}",
            "{\"secret\":\"" + text + "!\",\"account\":\"a\"}",
            "{\"uri\":\"otpauth://totp/a?secret=" + text + "&digits=99\"}",
            "{\"uri\":\"otpauth://totp/a?secret=" + text + "!\"}", "{\"uri\":\"http://" + text + "\"}",
            "{\"content\":\"otpauth://totp/a?secret=" + text + "&period=1\"}",
            "{\"content\":\"otpauth-migration://offline?data=" + text + "\"}"})
        send({.target = path, .headers = headers, .body = body});
    }
}

void NoSecret::use_badly() {
  for (const std::string_view canary : {kCanary, kCanaryPassword, std::string_view(api_key_)}) {
    bad_targets(canary);
    bad_headers(canary);
  }
  bad_bodies(kCanary);
}

TEST_F(NoSecret, S2S11F61NoFileNoLogAndNoExportHoldsASecret) {
  use_well();
  use_badly();
  // While it runs, with the write-ahead log as it is.
  expect_clean();
  const auto exported = must(stage_.officer.send("GET", "/v1/audit/export"));
  ASSERT_EQ(exported.status, 200);
  EXPECT_THAT(scanner_.find_in(exported.body), testing::IsEmpty());
  // And after its orderly end.
  stage_.appliance.kill(SIGTERM);
  EXPECT_EQ(stage_.appliance.wait(), 0);
  expect_clean();
  fmt::print("{} forms of secrets looked for after {} malformed requests; {} bytes of log, {} of audit export\n",
             scanner_.size(), sent_, stage_.appliance.log().size(), exported.body.size());
  EXPECT_FALSE(stage_.appliance.log().empty());

  // The same scan finds what is there to be found: the excluded PIN, and a seed that is planted.
  EXPECT_THAT(scanner_.find_below(stage_.appliance.directory(), {}), testing::SizeIs(testing::Ge(kExcluded.size())));
  must(write_file_atomically(stage_.appliance.data() / "db" / "planted", as_bytes(fmt::format("seed={}", kCanary))));
  EXPECT_THAT(scanner_.find_below(stage_.appliance.data() / "db", {}),
              testing::Contains("planted: canary seed as BASE32"));
}

}  // namespace
}  // namespace kaito::test
