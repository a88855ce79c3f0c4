#include <gmock/gmock.h>

#include "tests/integration/auth/auth_test.hpp"

namespace kaito::auth {
namespace {

using std::chrono::hours;

class ApiKeysTest : public AuthTest {
 protected:
  static NewApiKey wanted(ScopeSet scopes = ScopeSet().add(Scope::codes_read)) {
    return {.name = "robot", .scopes = scopes};
  }
  Result<IssuedApiKey> issue(const Permit& permit, NewApiKey key) {
    return flat(sync_wait(keys_.issue(permit, std::move(key))));
  }
  Result<IssuedApiKey> issue(NewApiKey key) { return issue(permit_of(boss_, "key.create"), std::move(key)); }
  Result<Principal> use(const Token& token, std::string_view peer = "192.0.2.7") {
    return keys_.authenticate(as_text(token.expose_secret()), http::IpAddress::parse(peer).value());
  }
  Permit permit_of_key(const Token& token) {
    Principal principal = use(token).value();
    const auto org = principal.org();
    return PermitForTest::make(std::move(principal), org, "key.create");
  }
  store::Org acme_ = add_org("acme");
  store::Member boss_ = add_member(acme_, "boss", store::MemberRole::owner);
};

TEST_F(ApiKeysTest, S8IsShownOnceAndHashedAtRest) {
  const auto issued = issue(wanted());
  ASSERT_TRUE(issued);
  EXPECT_THAT(text_of(issued->token), testing::StartsWith("kto_live_"));
  EXPECT_THAT(text_of(issued->token), testing::EndsWith(issued->key.hint));
  EXPECT_FALSE(stands_in_the_database(text_of(issued->token)));
  EXPECT_FALSE(stands_in_the_database(text_of(issued->token).substr(kTokenPrefix, kTokenRandom)));
  const auto record = last_record();
  EXPECT_EQ(record.action, "key.create");
  EXPECT_EQ(record.targets.at(0).value, issued->key.id.str());
  EXPECT_EQ(detail(record, "scopes"), "codes:read");
}

TEST_F(ApiKeysTest, S8GivesItsScopesAndNoMore) {
  const auto issued = issue(wanted(ScopeSet().add(Scope::codes_read).add(Scope::seeds_read)));
  const auto principal = use(issued->token);
  ASSERT_TRUE(principal);
  ASSERT_NE(principal->api_key(), nullptr);
  EXPECT_EQ(principal->org(), acme_.id);
  EXPECT_THAT(principal->api_key()->scopes.names(), testing::ElementsAre("codes:read", "seeds:read"));
  EXPECT_FALSE(principal->visible_groups().has_value());
}

TEST_F(ApiKeysTest, S8EndsWhenItExpires) {
  NewApiKey key = wanted();
  key.expires_at = clock_.now() + hours(1);
  const auto issued = issue(std::move(key));
  clock_.advance(hours(1) - Milliseconds(1));
  EXPECT_TRUE(use(issued->token));
  clock_.advance(Milliseconds(1));
  EXPECT_EQ(code_of(use(issued->token)), Code::unauthenticated);
}

TEST_F(ApiKeysTest, S8WorksOnlyFromItsNetworks) {
  NewApiKey key = wanted();
  key.allowed_networks = {"192.0.2.0/24", "2001:db8::/32"};
  const auto issued = issue(std::move(key));
  ASSERT_TRUE(issued);
  EXPECT_TRUE(use(issued->token, "192.0.2.200"));
  EXPECT_TRUE(use(issued->token, "::ffff:192.0.2.200"));
  EXPECT_TRUE(use(issued->token, "2001:db8:1::1"));
  EXPECT_EQ(code_of(use(issued->token, "192.0.3.1")), Code::unauthenticated);
  EXPECT_EQ(code_of(use(issued->token, "2001:db9::1")), Code::unauthenticated);
}

TEST_F(ApiKeysTest, F40ARevokedKeyAndADeletedOrgsKeyEndAtOnce) {
  const auto first = issue(wanted());
  const auto second = issue(wanted());
  ASSERT_TRUE(flat(sync_wait(keys_.revoke(permit_of(boss_, "key.revoke"), first->key.id))));
  EXPECT_EQ(code_of(use(first->token)), Code::unauthenticated);
  EXPECT_TRUE(use(second->token));
  ASSERT_TRUE(change([id = acme_.id](store::Writer& writer, audit::Event&) { return writer.remove_org({.org = id}); }));
  EXPECT_EQ(code_of(use(second->token)), Code::unauthenticated);
}

TEST_F(ApiKeysTest, F51AnotherOrgsKeyCannotBeRevoked) {
  const auto issued = issue(wanted());
  const store::Member stranger = add_member(add_org("other"), "eve", store::MemberRole::owner);
  EXPECT_EQ(code_of(sync_wait(keys_.revoke(permit_of(stranger), issued->key.id))), Code::not_found);
  EXPECT_TRUE(use(issued->token));
}

TEST_F(ApiKeysTest, F51AnotherOrgsGroupCannotBeNamed) {
  const store::Group foreign = add_group(add_org("other"), "ops");
  NewApiKey key = wanted();
  key.groups = {foreign.id};
  EXPECT_EQ(code_of(issue(std::move(key))), Code::not_found);
}

// An empty list means all groups, so a key must not become all-seeing by losing its last one.
TEST_F(ApiKeysTest, KeepsItsBoundsWhenItsOnlyGroupIsRemoved) {
  const store::Group group = add_group(acme_, "ops");
  NewApiKey key = wanted();
  key.groups = {group.id};
  const auto issued = issue(std::move(key));
  ASSERT_TRUE(change(
      [org = acme_.id, id = group.id](store::Writer& writer, audit::Event&) { return writer.remove_group(org, id); }));
  const auto principal = use(issued->token);
  ASSERT_TRUE(principal);
  EXPECT_TRUE(principal->visible_groups().has_value());
}

TEST_F(ApiKeysTest, RefusesWhatIsNoProperKeyAndNamesTheField) {
  const auto field_of = [&](const std::function<void(NewApiKey&)>& spoil) {
    NewApiKey key = wanted();
    spoil(key);
    const auto issued = issue(std::move(key));
    return issued ? std::string("accepted") : issued.error().field;
  };
  EXPECT_EQ(field_of([](NewApiKey& key) { key.name.clear(); }), "name");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.name.assign(129, 'x'); }), "name");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.name = "line\nbreak"; }), "name");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.scopes = {}; }), "scopes");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.allowed_networks = {"10.0.0.1/8"}; }), "allowed_networks");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.allowed_networks.assign(33, "10.0.0.0/8"); }), "allowed_networks");
  EXPECT_EQ(field_of([&](NewApiKey& key) { key.expires_at = clock_.now(); }), "expires_at");
  EXPECT_EQ(field_of([](NewApiKey& key) { key.groups.resize(257); }), "groups");
}

TEST_F(ApiKeysTest, AKeyCannotMakeAKeyThatMayMore) {
  const store::Group ops = add_group(acme_, "ops");
  const store::Group dev = add_group(acme_, "dev");
  NewApiKey maker = wanted(ScopeSet().add(Scope::keys_write).add(Scope::codes_read));
  maker.groups = {ops.id};
  maker.allowed_networks = {"192.0.2.0/24"};
  maker.expires_at = clock_.now() + hours(24);
  const auto issued = issue(maker);
  ASSERT_TRUE(issued);
  const Permit permit = permit_of_key(issued->token);

  EXPECT_TRUE(issue(permit, maker));
  const auto refused = [&](const std::function<void(NewApiKey&)>& widen) {
    NewApiKey key = maker;
    widen(key);
    return code_of(issue(permit, std::move(key))) == Code::forbidden;
  };
  EXPECT_TRUE(refused([](NewApiKey& key) { key.scopes.add(Scope::seeds_write); }));
  EXPECT_TRUE(refused([&](NewApiKey& key) { key.groups.push_back(dev.id); }));
  EXPECT_TRUE(refused([](NewApiKey& key) { key.groups.clear(); }));
  EXPECT_TRUE(refused([](NewApiKey& key) { key.allowed_networks.clear(); }));
  EXPECT_TRUE(refused([](NewApiKey& key) { key.allowed_networks = {"0.0.0.0/0"}; }));
  EXPECT_TRUE(refused([](NewApiKey& key) { key.expires_at.reset(); }));
  EXPECT_TRUE(refused([](NewApiKey& key) { *key.expires_at += hours(1); }));
}

TEST_F(ApiKeysTest, ARevokedKeyMakesNoMoreKeysWithAPermitFromBefore) {
  const auto issued = issue(wanted(ScopeSet().add(Scope::keys_write)));
  const Permit permit = permit_of_key(issued->token);
  ASSERT_TRUE(flat(sync_wait(keys_.revoke(permit_of(boss_), issued->key.id))));
  EXPECT_EQ(code_of(issue(permit, wanted(ScopeSet().add(Scope::keys_write)))), Code::unauthenticated);
}

TEST_F(ApiKeysTest, NotesItsUseAtMostOnceAMinute) {
  const auto issued = issue(wanted());
  const auto last_used = [&] { return snapshot()->api_key(acme_.id, issued->key.id)->value().last_used; };
  EXPECT_FALSE(last_used());
  EXPECT_TRUE(use(issued->token));
  flush();
  const TimePoint first = clock_.now();
  EXPECT_EQ(last_used(), first);
  clock_.advance(Seconds(59));
  EXPECT_TRUE(use(issued->token));
  flush();
  EXPECT_EQ(last_used(), first);
}

class AuthenticatorTest : public ApiKeysTest {
 protected:
  Result<Principal> authenticate(std::optional<std::string> authorization, std::optional<std::string> cookie) {
    return authenticator_.authenticate(
        {.authorization = authorization, .cookie = cookie, .peer = http::IpAddress::parse("192.0.2.7").value()});
  }
  Authenticator authenticator_{store_, sessions_, keys_};
  std::string key_ = text_of(issue(wanted())->token);
  std::string session_ = "__Host-kaito_session=" + text_of(log_in("acme", "boss")->token);
};

TEST_F(AuthenticatorTest, TakesAKeyOrASessionOrNothing) {
  EXPECT_NE(authenticate("Bearer " + key_, std::nullopt)->api_key(), nullptr);
  EXPECT_NE(authenticate("bearer  " + key_, std::nullopt)->api_key(), nullptr);
  EXPECT_NE(authenticate(std::nullopt, session_)->member(), nullptr);
  EXPECT_NE(authenticate("Bearer " + key_, "theme=dark")->api_key(), nullptr);
  EXPECT_TRUE(authenticate(std::nullopt, std::nullopt)->is_anonymous());
  EXPECT_TRUE(authenticate(std::nullopt, "theme=dark")->is_anonymous());
}

TEST_F(AuthenticatorTest, RefusesWhatDoesNotHoldInsteadOfTreatingItAsNothing) {
  const std::string session_token = session_.substr(session_.find('=') + 1);
  for (const auto& [authorization, cookie] :
       std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>>{
           {"Bearer " + key_, session_},
           {"Basic Ym9zczpwdw==", std::nullopt},
           {"Bearer", std::nullopt},
           {"Bearer ", std::nullopt},
           {"Bearer" + key_, std::nullopt},
           {key_, std::nullopt},
           {"", std::nullopt},
           {"Bearer " + key_ + "x", std::nullopt},
           {"Bearer " + key_ + " ", std::nullopt},
           {"Bearer " + session_token, std::nullopt},
           {std::nullopt, "__Host-kaito_session=" + key_},
           {std::nullopt, "__Host-kaito_session="},
           {std::nullopt, session_ + "; " + session_}})
    EXPECT_EQ(code_of(authenticate(authorization, cookie)), Code::unauthenticated)
        << authorization.value_or("none").substr(0, 12) << " " << cookie.value_or("none").substr(0, 24);
}

}  // namespace
}  // namespace kaito::auth
