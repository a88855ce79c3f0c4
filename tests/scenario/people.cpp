#include "tests/scenario/people.hpp"

#include "tests/scenario/must.hpp"

namespace kaito::test {

namespace json = boost::json;

Status enrol_staff(cli::ApiClient& client, SoftAuthenticator& key, std::string_view token, std::string_view name) {
  json::object begin{{"token", token}};
  if (!name.empty()) begin["name"] = name;
  KAITO_TRY(const auto offer, client.call("POST", "/v1/staff/enrolment", begin));
  KAITO_TRY(auto response, key.create_json(offer.at("options"), client.origin()));
  KAITO_CHECK(client.call(
      "POST", "/v1/staff/enrolment/response",
      json::object{{"ceremony", offer.at("ceremony")}, {"label", "software key"}, {"response", std::move(response)}}));
  return {};
}

Status login_staff(cli::ApiClient& client, SoftAuthenticator& key) {
  KAITO_TRY(const auto offer, client.call("POST", "/v1/staff/login", json::object{}));
  KAITO_TRY(auto response, key.get_json(offer.at("options"), client.origin()));
  KAITO_CHECK(client.call("POST", "/v1/staff/login/response",
                          json::object{{"ceremony", offer.at("ceremony")}, {"response", std::move(response)}}));
  return {};
}

Result<MadeOrg> make_org(cli::ApiClient& staff, std::string_view name, std::string_view owner) {
  KAITO_TRY(const auto made, staff.call("POST", "/v1/orgs", json::object{{"name", name}, {"owner_username", owner}}));
  return MadeOrg{text_at(made, "/org/id"), text_at(made, "/invitation")};
}

Status accept_invitation(cli::ApiClient& client, std::string_view invitation, std::string_view username,
                         std::string_view password) {
  KAITO_CHECK(client.call("POST", "/v1/session/invitation",
                          json::object{{"invitation", invitation}, {"username", username}, {"password", password}}));
  return {};
}

Status login_member(cli::ApiClient& client, std::string_view org, std::string_view username,
                    std::string_view password) {
  KAITO_CHECK(client.call("POST", "/v1/session/login",
                          json::object{{"org", org}, {"username", username}, {"password", password}}));
  return {};
}

Result<std::string> make_member(cli::ApiClient& admin, cli::ApiClient& member, std::string_view org_id,
                                std::string_view username, std::string_view role, std::string_view password) {
  KAITO_TRY(const auto invited, admin.call("POST", fmt::format("/v1/orgs/{}/members", org_id),
                                           json::object{{"username", username}, {"role", role}}));
  KAITO_CHECK(accept_invitation(member, text_at(invited, "/invitation"), username, password));
  return text_at(invited, "/member/id");
}

Result<std::string> make_api_key(cli::ApiClient& admin, std::string_view org_id,
                                 const std::vector<std::string>& scopes) {
  json::array names;
  for (const auto& scope : scopes) names.emplace_back(scope);
  KAITO_TRY(const auto made, admin.call("POST", fmt::format("/v1/orgs/{}/api-keys", org_id),
                                        json::object{{"name", "key"}, {"scopes", std::move(names)}}));
  return text_at(made, "/token");
}

Result<std::string> add_seed(cli::ApiClient& client, std::string_view org_id, std::string_view uri) {
  KAITO_TRY(const auto seed, client.call("POST", fmt::format("/v1/orgs/{}/seeds", org_id), json::object{{"uri", uri}}));
  return text_at(seed, "/id");
}

}  // namespace kaito::test
