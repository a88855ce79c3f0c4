#include "tests/e2e/matrix_cast.hpp"

#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/scenario/must.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kPassword = "a long enough password";

std::vector<std::string> names_of(const std::set<auth::Scope>& scopes) {
  std::vector<std::string> names;
  for (const auto scope : scopes) names.emplace_back(auth::to_string(scope));
  return names;
}

}  // namespace

FurnishedOrg::FurnishedOrg(Stage& stage, std::string_view org_name) : org(stage, org_name), name(org_name) {
  group = text_at(must(org.owner.call("POST", org.path("/groups"), json::object{{"name", "everybody"}})), "/id");
  const auto add = [this](std::string_view type, std::string_view secret) {
    const json::object seed{{"secret", secret}, {"type", type}, {"account", "shared"}, {"groups", json::array{group}}};
    return text_at(must(org.owner.call("POST", org.path("/seeds"), seed)), "/id");
  };
  totp_seed = add("totp", "JBSWY3DPEHPK3PXP");
  hotp_seed = add("hotp", "GEZDGNBVGY3TQOJQ");
  const auto invited = must(org.owner.call("POST", org.path("/members"),
                                           json::object{{"username", "subject@example.org"}, {"role", "viewer"}}));
  subject = text_at(invited, "/member/id");
  const auto key = must(org.owner.call("POST", org.path("/api-keys"),
                                       json::object{{"name", "subject"}, {"scopes", json::array{"org:read"}}}));
  api_key = text_at(key, "/api_key/id");
  rotation =
      text_at(must(org.owner.call("POST", org.path("/key/rotations"), json::object{{"destroy_old", true}})), "/id");
  while (must(org.owner.call("GET", org.path("/key"))).as_object().contains("rotation")) std::this_thread::yield();
  add_members(stage);
  add_api_keys(stage);
}

void FurnishedOrg::add_members(Stage& stage) {
  using Role = store::MemberRole;
  for (const auto& [role, role_name] : {std::pair<Role, std::string_view>{Role::viewer, "viewer"},
                                        {Role::member, "member"},
                                        {Role::admin, "admin"},
                                        {Role::owner, "owner"}}) {
    Caller caller{.name = fmt::format("{} of {}", role_name, name),
                  .kind = CallerKind::member,
                  .member_role = role,
                  .client = stage.appliance.client(),
                  .org_name = name,
                  .username = fmt::format("{}@callers.example", role_name),
                  .password = std::string(kPassword),
                  .logged_in = std::chrono::steady_clock::now()};
    const std::string id =
        must(make_member(org.owner, caller.client, org.id, caller.username, role_name, caller.password));
    must(org.owner.call("PUT", org.path(fmt::format("/groups/{}/members/{}", group, id))));
    callers.push_back(std::move(caller));
  }
}

void FurnishedOrg::add_api_keys(Stage& stage) {
  const auto add = [&](std::string_view title, const std::set<auth::Scope>& scopes) {
    Caller caller{.name = fmt::format("key of {} with {}", name, title),
                  .kind = CallerKind::api_key,
                  .scopes = scopes,
                  .client = stage.appliance.client()};
    caller.client.use_api_key(Token::copy_of(must(make_api_key(org.owner, org.id, names_of(scopes)))));
    callers.push_back(std::move(caller));
  };
  for (const auto scope : kAllScopes) add(auth::to_string(scope), {scope});
  add("all scopes", {kAllScopes.begin(), kAllScopes.end()});
}

std::string FurnishedOrg::state() {
  const auto get = [this](std::string_view path) { return must(org.owner.call("GET", org.path(path))); };
  const auto listing = [&get](std::string_view path) {
    return get(fmt::format("{}?limit=1000", path)).at("items").as_array();
  };
  std::string state = json::serialize(get("")) + json::serialize(get("/key")) +
                      json::serialize(get("/key/rotations?limit=1000")) + "\n";
  for (const auto& member : listing("/members"))
    state += json::serialize(get("/members/" + text_at(member, "/id"))) + "\n";
  for (const auto& each : listing("/groups")) {
    const std::string id = text_at(each, "/id");
    state += json::serialize(get("/groups/" + id)) + "\n";
    state += json::serialize(listing("/seeds")) + json::serialize(get("/seeds?group=" + id)) + "\n";
  }
  for (auto& key : listing("/api-keys")) {
    key.as_object().erase("last_used");
    state += json::serialize(key) + "\n";
  }
  return state;
}

Cast::Cast() : home(stage, "Home"), abroad(stage, "Abroad") {
  outsiders.push_back({.name = "nobody", .client = stage.appliance.client()});
  using Role = store::StaffRole;
  staff_keys.resize(3);
  std::size_t next = 0;
  for (const auto& [role, role_name] : {std::pair<Role, std::string_view>{Role::auditor, "auditor"},
                                        {Role::operator_, "operator"},
                                        {Role::security_officer, "security_officer"}}) {
    const auto invited =
        must(stage.officer.call("POST", "/v1/staff", json::object{{"name", role_name}, {"role", role_name}}));
    Caller caller{.name = "staff " + std::string(role_name),
                  .kind = CallerKind::staff,
                  .staff_role = role,
                  .client = stage.appliance.client(),
                  .key = &staff_keys.at(next++)};
    must(enrol_staff(caller.client, *caller.key, text_at(invited, "/token"), ""));
    log_in(caller);
    outsiders.push_back(std::move(caller));
  }
  const auto subject =
      must(stage.officer.call("POST", "/v1/staff", json::object{{"name", "subject"}, {"role", "auditor"}}));
  staff_subject = text_at(subject, "/staff/id");
  const json::object proposal{{"action", "staff.invite"}, {"staff", staff_subject}};
  approval = text_at(must(stage.officer.call("POST", "/v1/approvals", proposal)), "/approval/id");
  must(stage.officer.call("POST", "/v1/keys/wrapping-keys"));
}

void Cast::log_in(Caller& caller) {
  if (caller.kind == CallerKind::staff)
    must(login_staff(caller.client, *caller.key));
  else if (caller.kind == CallerKind::member)
    must(login_member(caller.client, caller.org_name, caller.username, caller.password));
  caller.logged_in = std::chrono::steady_clock::now();
}

}  // namespace kaito::test
