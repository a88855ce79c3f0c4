#include "tests/e2e/matrix_recipes.hpp"

#include <stdexcept>
#include <thread>

#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

using Body = std::function<json::value(const Caller&, const FurnishedOrg&)>;

int next_number() {
  static int number = 0;
  return ++number;
}
std::string unique(std::string_view what) { return fmt::format("{} {}", what, next_number()); }
// An org takes no secret twice.
std::string unique_secret() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string secret =
      "AAAA"
      "JBSWY3DPEHPK3PXPJBSWY3DP"
      "AAAA";
  auto number = static_cast<std::size_t>(next_number());
  for (std::size_t i = 0; i < 4; ++i, number /= 32) secret[i] = kDigits[number % 32];
  return secret;
}

Body fixed(json::value value) {
  return [value = std::move(value)](const Caller&, const FurnishedOrg&) { return value; };
}
Body empty_body() { return fixed(json::object{}); }

json::value password_change(const Caller& caller, const FurnishedOrg&) {
  return json::object{{"old_password", caller.password.empty() ? "none of mine" : caller.password},
                      {"new_password", caller.password + " and more"}};
}
json::value new_seed(const Caller&, const FurnishedOrg& org) {
  return json::object{{"secret", unique_secret()}, {"account", "made"}, {"groups", json::array{org.group}}};
}
json::value new_import(const Caller&, const FurnishedOrg& org) {
  return json::object{{"content", "otpauth://totp/made?secret=" + unique_secret()}, {"groups", json::array{org.group}}};
}

std::string made(FurnishedOrg& org, std::string_view path, const json::value& body, std::string_view id = "/id") {
  return text_at(must(org.org.owner.call("POST", org.org.path(path), body)), id);
}
void make_seed(FurnishedOrg& org, PathValues& values) {
  values["seed"] = made(org, "/seeds", json::object{{"secret", unique_secret()}, {"account", "to be used up"}});
}
void make_group(FurnishedOrg& org, PathValues& values) {
  values["group"] = made(org, "/groups", json::object{{"name", unique("group")}});
}
void make_group_with_member(FurnishedOrg& org, PathValues& values) {
  make_group(org, values);
  must(
      org.org.owner.call("PUT", org.org.path(fmt::format("/groups/{}/members/{}", values["group"], values["member"]))));
}
void make_group_with_seed(FurnishedOrg& org, PathValues& values) {
  make_group(org, values);
  must(org.org.owner.call("PUT", org.org.path(fmt::format("/groups/{}/seeds/{}", values["group"], values["seed"]))));
}
void make_member(FurnishedOrg& org, PathValues& values) {
  values["member"] = made(
      org, "/members", json::object{{"username", fmt::format("m{}@made.example", next_number())}, {"role", "viewer"}},
      "/member/id");
}
void make_api_key(FurnishedOrg& org, PathValues& values) {
  values["api_key"] =
      made(org, "/api-keys", json::object{{"name", "made"}, {"scopes", json::array{"org:read"}}}, "/api_key/id");
}

// At most one rotation of a key is open: the one before has to be over.
void wait_for_org_key(FurnishedOrg& org, PathValues&) {
  while (must(org.org.owner.call("GET", org.org.path("/key"))).as_object().contains("rotation"))
    std::this_thread::yield();
}

Body named(std::string_view what) {
  return [what](const Caller&, const FurnishedOrg&) { return json::object{{"name", unique(what)}}; };
}

void add_people(std::map<std::string_view, Recipe>& recipes) {
  recipes["auth.member.login"] = {
      .body = fixed(json::object{{"org", "none"}, {"username", "nobody"}, {"password", "none of anybody's"}})};
  recipes["auth.invitation.accept"] = {
      .body = fixed(json::object{{"invitation", "none"}, {"username", "nobody"}, {"password", "none of anybody's"}})};
  recipes["auth.password.change"] = {.body = password_change};
  recipes["auth.session.read"] = {};
  recipes["auth.logout"] = {};
  recipes["auth.staff.login.begin"] = {.body = empty_body()};
  recipes["auth.staff.login"] = {.body = fixed(json::object{{"ceremony", "none"}, {"response", json::object{}}})};
  recipes["auth.staff.enrol.begin"] = {.body = fixed(json::object{{"token", "none"}})};
  recipes["auth.staff.enrol"] = {
      .body = fixed(json::object{{"ceremony", "none"}, {"label", "key"}, {"response", json::object{}}})};
  recipes["staff.list"] = {};
  recipes["staff.create"] = {.body = [](const Caller&, const FurnishedOrg&) {
    return json::object{{"name", fmt::format("colleague-{}", next_number())}, {"role", "auditor"}};
  }};
  recipes["staff.read"] = {};
  recipes["staff.update"] = {.body = fixed(json::object{{"disabled", false}})};
  recipes["staff.invite"] = {.body = empty_body()};
  recipes["staff.sessions.revoke"] = {};
  recipes["staff.key.remove"] = {.status = 404};  // the subject has no key: nobody's is removed
  recipes["member.list"] = {};
  recipes["member.invite"] = {.body = [](const Caller&, const FurnishedOrg&) {
    return json::object{{"username", fmt::format("i{}@made.example", next_number())}, {"role", "viewer"}};
  }};
  recipes["member.read"] = {};
  recipes["member.update"] = {.body = fixed(json::object{{"display_name", "Subject"}})};
  recipes["member.remove"] = {.prepare = make_member};
  recipes["member.reinvite"] = {.body = empty_body()};
  recipes["member.sessions.revoke"] = {};
}

// The approval of the cast is signed and cancelled by nobody: others are still to read it.
void add_approvals(std::map<std::string_view, Recipe>& recipes) {
  recipes["approval.propose"] = {.body = [](const Caller&, const FurnishedOrg&) {
    return json::object{
        {"action", "staff.create"}, {"name", fmt::format("colleague-{}", next_number())}, {"role", "auditor"}};
  }};
  recipes["approval.list"] = {};
  recipes["approval.read"] = {};
  recipes["approval.sign"] = {.body = fixed(json::object{{"response", json::object{}}}), .status = 400};
  recipes["approval.cancel"] = {
      .prepare = [](FurnishedOrg&, PathValues& values) { values["approval"] = "0193b0a0-0000-7000-8000-000000000001"; },
      .status = 404};
}

void add_things(std::map<std::string_view, Recipe>& recipes) {
  for (const auto* action :
       {"health.live", "health.ready", "api.describe", "appliance.status.read", "org.list", "org.read", "group.list",
        "group.read", "seed.list", "seed.read", "seed.code.read", "api_key.list", "audit.list", "audit.export",
        "audit.keys.read", "org.audit.list", "org.audit.export"})
    recipes[action] = {};
  recipes["org.create"] = {.body = [](const Caller&, const FurnishedOrg&) {
    return json::object{{"name", unique("org")}, {"owner_username", "owner@made.example"}};
  }};
  recipes["org.create.check"] = {.body = [](const Caller&, const FurnishedOrg&) {
    return json::object{{"name", unique("org")}, {"owner_username", "owner@made.example"}};
  }};
  recipes["org.update"] = {
      .body = [](const Caller&, const FurnishedOrg& org) { return json::object{{"name", org.name}}; }};
  // Who may delete is told that the name is wrong; the org is still needed.
  recipes["org.delete"] = {.body = fixed(json::object{{"confirm_name", "another name"}}), .status = 400};
  recipes["group.create"] = {.body = named("group")};
  recipes["group.update"] = {.body = named("renamed"), .prepare = make_group};
  recipes["group.delete"] = {.prepare = make_group};
  recipes["group.member.add"] = {.prepare = make_group};
  recipes["group.member.remove"] = {.prepare = make_group_with_member};
  recipes["group.seed.add"] = {.prepare = make_group};
  recipes["group.seed.remove"] = {.prepare = make_group_with_seed};
  recipes["seed.create"] = {.body = new_seed};
  recipes["seed.import"] = {.body = new_import};
  recipes["seed.update"] = {.body = fixed(json::object{{"issuer", "Relabelled"}})};
  recipes["seed.delete"] = {.prepare = make_seed};
  recipes["seed.code.take"] = {.body = empty_body()};
  recipes["seed.codes.read"] = {.body = [](const Caller&, const FurnishedOrg& org) {
    return json::object{{"seeds", json::array{org.totp_seed}}};
  }};
  // A key makes no key that can do more than itself.
  recipes["api_key.create"] = {.body = fixed(json::object{{"name", "made"}, {"scopes", json::array{"keys:write"}}})};
  recipes["api_key.revoke"] = {.prepare = make_api_key};
}

// The furnished org's rotation is done and its old key destroyed: nothing can be paused or destroyed any more.
void add_keys(std::map<std::string_view, Recipe>& recipes) {
  for (const auto* action :
       {"key.list", "key.rotation.list", "key.rotation.read", "key.certificate.list", "key.shred.list", "org.key.read",
        "org.key.rotation.list", "org.key.rotation.read", "org.key.certificate.list", "hsm.list", "org.key.hsm.list"})
    recipes[action] = {};
  // No HSM is open to the furnished org, so its key is in the appliance's.
  recipes["org.key.hsm.connect"] = {.body = fixed(json::object{{"hsm", "none"}}), .status = 400};
  recipes["org.key.hsm.disconnect"] = {.status = 409};
  recipes["org.key.rotation.cancel"] = {.status = 409};
  recipes["key.rotation.start"] = {.body = fixed(json::object{{"kind", "org"}}),
                                   .status = 400};               // not of the appliance
  recipes["key.shred"] = {.body = empty_body(), .status = 409};  // nothing waits
  for (const auto* action : {"key.rotation.update", "org.key.rotation.update"})
    recipes[action] = {.body = fixed(json::object{{"paused", true}}), .status = 409};
  for (const auto* action : {"key.destroy", "org.key.destroy"}) recipes[action] = {.body = empty_body(), .status = 409};
  recipes["org.key.reconcile"] = {};
  recipes["key.wrapping.create"] = {.body = empty_body()};
  recipes["key.wrapping.destroy"] = {.status = 404};  // no such version: the one there is stays
  recipes["key.wrapping.certificate.read"] = {};
  // Who may import is told that nothing unwraps.
  recipes["org.key.import"] = {
      .body = fixed(json::object{
          {"wrapping_version", 1}, {"mechanism", "rsa_oaep"}, {"wrapped_key", "AAAA"}, {"check_value", "000000"}}),
      .prepare = wait_for_org_key,
      .status = 400};
  recipes["org.key.rotation.start"] = {.body = fixed(json::object{{"destroy_old", true}}), .prepare = wait_for_org_key};
}

const std::map<std::string_view, Recipe>& recipes() {
  static const auto all = [] {
    std::map<std::string_view, Recipe> map;
    add_people(map);
    add_approvals(map);
    add_things(map);
    add_keys(map);
    return map;
  }();
  return all;
}

}  // namespace

const Recipe* recipe_for(std::string_view action) {
  const auto found = recipes().find(action);
  return found == recipes().end() ? nullptr : &found->second;
}

std::vector<std::string_view> known_actions() {
  std::vector<std::string_view> actions;
  for (const auto& [action, recipe] : recipes()) actions.push_back(action);
  return actions;
}

PathValues path_values(const Cast& cast, const FurnishedOrg& org, std::string_view action) {
  return {{"org", org.org.id},        {"member", org.subject},
          {"group", org.group},       {"seed", action == "seed.code.take" ? org.hotp_seed : org.totp_seed},
          {"api_key", org.api_key},   {"staff", cast.staff_subject},
          {"credential", "AAAA"},     {"rotation", org.rotation},
          {"wrapping_version", "77"}, {"approval", cast.approval}};
}

std::string fill_path(std::string_view pattern, const PathValues& values) {
  std::string path;
  while (!pattern.empty()) {
    const auto open = std::min(pattern.find('{'), pattern.size());
    path += pattern.substr(0, open);
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    const auto close = pattern.find('}');
    const auto value = values.find(std::string(pattern.substr(1, close - 1)));
    if (value == values.end()) throw std::runtime_error(fmt::format("no value for {}", pattern.substr(0, close + 1)));
    path += value->second;
    pattern.remove_prefix(close + 1);
  }
  return path;
}

}  // namespace kaito::test
