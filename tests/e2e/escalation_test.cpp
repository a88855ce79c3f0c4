// Ways up that must not lead anywhere: from a key to an admin, from a stolen session to a password, from an admin over
// an owner. And what one caller may cost the others.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "tests/scenario/must.hpp"
#include "tests/scenario/raw_http.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kPassword = "another good long password";

class Escalation : public testing::Test {
 protected:
  cli::ApiClient key_with(json::object wanted) {
    wanted["name"] = "key";
    auto client = stage_.appliance.client();
    client.use_api_key(
        Token::copy_of(text_at(must(org_.owner.call("POST", org_.path("/api-keys"), wanted)), "/token")));
    return client;
  }
  std::string make_group(std::string_view name) {
    return text_at(must(org_.owner.call("POST", org_.path("/groups"), json::object{{"name", name}})), "/id");
  }
  static void expect_refused(Result<cli::Response> response, int status, std::string_view field) {
    const auto answer = must(std::move(response));
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(text_at(must(answer.json()), "/field"), field) << answer.body;
  }
  cli::Response invite(cli::ApiClient& client, std::string_view username, std::string_view role) {
    return must(client.send("POST", org_.path("/members"), json::object{{"username", username}, {"role", role}}));
  }

  Stage stage_;
  OrgOnStage org_{stage_, "Escalation"};
};

TEST_F(Escalation, S8AKeyCannotMakeOrTouchAnybodyAboveAMember) {
  auto key = key_with({{"scopes", {"members:write", "members:read"}}});
  expect_refused(invite(key, "a", "owner"), 403, "role");
  expect_refused(invite(key, "b", "admin"), 403, "role");
  const auto made = invite(key, "c", "member");
  EXPECT_EQ(made.status, 201) << made.body;
  const std::string member = text_at(must(made.json()), "/member/id");
  expect_refused(key.send("PATCH", org_.path("/members/" + member), json::object{{"role", "admin"}}), 403, "role");

  auto admin = stage_.appliance.client();
  const std::string admin_id = must(make_member(org_.owner, admin, org_.id, "admin", "admin", kPassword));
  for (const std::string_view rest : {"/invitation", "/sessions"})
    expect_refused(
        key.send(rest == "/sessions" ? "DELETE" : "POST", org_.path("/members/" + admin_id + std::string(rest))), 403,
        "role");
}

// The Gate has let the import in; what it brings comes after the key's end.
TEST_F(Escalation, F40AKeyThatIsRevokedWhileItsRequestIsUnderWayChangesNothing) {
  const auto issued = must(
      org_.owner.call("POST", org_.path("/api-keys"), json::object{{"name", "robot"}, {"scopes", {"seeds:write"}}}));
  const RawRequest import{
      .target = org_.path("/seeds/import"),
      .headers = {{"Authorization", "Bearer " + text_at(issued, "/token")}, {"Content-Type", "application/json"}},
      .body = json::serialize(json::object{{"content", "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ"}})};
  const auto revoke = [&] {
    must(org_.owner.call("DELETE", org_.path("/api-keys/" + text_at(issued, "/api_key/id"))));
  };
  const auto refused = raw_request(stage_.appliance, import, revoke);
  EXPECT_EQ(refused.status, 401) << refused.body;
  EXPECT_TRUE(must(org_.owner.call("GET", org_.path("/seeds"))).at("items").as_array().empty());
}

TEST_F(Escalation, S8AKeyThatIsBoundToGroupsLetsNobodyIn) {
  const std::string group = make_group("bound");
  auto key = key_with({{"scopes", {"members:write"}}, {"groups", {group}}});
  expect_refused(invite(key, "a", "viewer"), 403, "role");
  auto member = stage_.appliance.client();
  const std::string id = must(make_member(org_.owner, member, org_.id, "m", "member", kPassword));
  expect_refused(key.send("POST", org_.path("/members/" + id + "/invitation")), 403, "role");
}

TEST_F(Escalation, S8AnEmptyListMakesNoKeyForEverything) {
  for (const std::string_view field : {"groups", "allowed_networks"})
    expect_refused(org_.owner.send("POST", org_.path("/api-keys"),
                                   json::object{{"name", "key"}, {"scopes", {"codes:read"}}, {field, json::array{}}}),
                   400, field);
}

TEST_F(Escalation, F43NobodyInvitesThemselvesAgain) {
  auto admin = stage_.appliance.client();
  const std::string id = must(make_member(org_.owner, admin, org_.id, "admin", "admin", kPassword));
  expect_refused(admin.send("POST", org_.path("/members/" + id + "/invitation")), 409, "member");
}

TEST_F(Escalation, AnAdminDoesNotEndAnOwnersSessions) {
  auto admin = stage_.appliance.client();
  must(make_member(org_.owner, admin, org_.id, "admin", "admin", kPassword));
  const auto members = must(org_.owner.call("GET", org_.path("/members")));
  const std::string owner = text_at(members.at("items").as_array().at(0), "/id");
  expect_refused(admin.send("DELETE", org_.path("/members/" + owner + "/sessions")), 403, "role");
  EXPECT_TRUE(org_.owner.call("GET", org_.path()).has_value());
}

TEST_F(Escalation, SeveralFieldsChangeAtOnce) {
  const std::string seed = must(add_seed(org_.owner, org_.id, "otpauth://totp/a?secret=JBSWY3DPEHPK3PXP"));
  const auto changed = must(org_.owner.call("PATCH", org_.path("/seeds/" + seed),
                                            json::object{{"issuer", "issuer"}, {"account", "account"}}));
  EXPECT_EQ(text_at(changed, "/issuer"), "issuer");
  EXPECT_EQ(text_at(changed, "/account"), "account");

  auto member = stage_.appliance.client();
  const std::string id = must(make_member(org_.owner, member, org_.id, "m", "member", kPassword));
  const auto now = must(org_.owner.call("PATCH", org_.path("/members/" + id),
                                        json::object{{"display_name", "M"}, {"role", "viewer"}, {"disabled", true}}));
  EXPECT_EQ(text_at(now, "/display_name"), "M");
  EXPECT_EQ(text_at(now, "/role"), "viewer");
  EXPECT_EQ(text_at(now, "/state"), "disabled");
}

TEST_F(Escalation, AGroupStandsOnceInAList) {
  const std::string group = make_group("twice");
  expect_refused(org_.owner.send(
                     "POST", org_.path("/seeds/import"),
                     json::object{{"content", "otpauth://totp/b?secret=GEZDGNBVGY3TQOJQ"}, {"groups", {group, group}}}),
                 400, "groups");
}

TEST_F(Escalation, AnImportThatWouldHoldUpEverybodyIsRefused) {
  std::string content;
  for (int i = 0; i < 2'500; ++i) content += fmt::format("otpauth://totp/{}?secret=GEZDGNBVGY3TQOJQ\n", i);
  json::array groups;
  for (int i = 0; i < 8; ++i) groups.emplace_back(make_group(std::to_string(i)));
  const json::object wanted{{"content", content}, {"groups", groups}, {"dry_run", true}};
  expect_refused(org_.owner.send("POST", org_.path("/seeds/import"), wanted), 400, "groups");
}

// With the limits as they are delivered.
TEST(Limits, ManyCodesAtOnceCostAsMuchAsOneByOneAndProbesAreCounted) {
  Stage stage({"--rate-scale", "1"});
  OrgOnStage org(stage, "Limits");
  json::array ids;
  for (int i = 0; i < 50; ++i)
    ids.emplace_back(must(add_seed(
        org.owner, org.id,
        fmt::format("otpauth://totp/{}?secret=GEZDGNBVGY3TQOJQGEZDGN{:c}{:c}", i, 'A' + i % 26, 'A' + i / 26))));
  int given = 0;
  cli::Response last;
  for (int i = 0; i < 200; ++i) {
    last = must(org.owner.send("POST", org.path("/codes"), json::object{{"seeds", ids}}));
    if (last.status != 200) break;
    ++given;
  }
  EXPECT_EQ(last.status, 429) << "a burst of 1,000 codes and 200 a second, and " << given * 50 << " were given";
  EXPECT_GE(given, 20);

  auto anybody = stage.appliance.client();
  for (int i = 0; i < 500 && last.status != 200; ++i) last = must(anybody.send("GET", "/healthz"));
  for (int i = 0; i < 500 && last.status == 200; ++i) last = must(anybody.send("GET", "/healthz"));
  EXPECT_EQ(last.status, 429);
  EXPECT_TRUE(last.headers.contains("retry-after"));
}

}  // namespace
}  // namespace kaito::test
