#include "appliance/api/openapi.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace kaito::api {
namespace {

namespace json = boost::json;

json::object reference(std::string_view response) {
  return {{"$ref", "#/components/responses/" + std::string(response)}};
}

json::object json_content(json::value schema) { return {{"application/json", {{"schema", std::move(schema)}}}}; }

json::array path_parameters(std::string_view path) {
  json::array parameters;
  const auto segments = split_path(path);
  for (std::size_t i = 0; segments && i < segments->count; ++i) {
    const auto segment = segments->at[i];
    if (!is_parameter(segment)) continue;
    const auto name = segment.substr(1, segment.size() - 2);
    json::object schema{{"type", "string"}};
    if (name != "credential") schema["format"] = "uuid";
    parameters.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}});
  }
  return parameters;
}

void add_query_parameters(json::array& parameters, const json::object& schema) {
  for (const auto& property : schema.at("properties").as_object())
    parameters.push_back(
        {{"name", property.key()}, {"in", "query"}, {"required", false}, {"schema", property.value()}});
}

// Who may call, in words and as OpenAPI security requirements (alternatives).
json::array security_of(const Access& access) {
  json::array alternatives;
  if (access.anyone) return alternatives;
  if (access.any_session || access.staff_roles != 0 || access.member_at_least)
    alternatives.push_back({{"session", json::array{}}});
  if (access.scope) alternatives.push_back({{"apiKey", json::array{auth::to_string(*access.scope)}}});
  return alternatives;
}

std::string access_in_words(const Access& access) {
  if (access.anyone) return "Anyone.";
  if (access.any_session) return "Anybody who is logged in.";
  std::vector<std::string> callers;
  for (const auto& [role, name] : EnumNames<store::StaffRole>::table)
    if ((access.staff_roles & Access::bit(role)) != 0) callers.push_back("staff: " + std::string(name));
  if (access.member_at_least)
    callers.push_back("members of the org: " + std::string(enum_name(*access.member_at_least)) + " and above");
  if (access.scope) callers.push_back("API keys with " + std::string(auth::to_string(*access.scope)));
  std::string text = fmt::format("{}.", fmt::join(callers, "; "));
  if (access.fresh) text += " A session must have logged in within the last minutes.";
  return text;
}

json::object responses_of(const Endpoint& endpoint) {
  json::object success{{"description", "Success"}};
  if (endpoint.output_schema) success["content"] = json_content(json::parse(endpoint.output_schema()));
  json::object responses{{std::to_string(endpoint.success), std::move(success)}};
  if (endpoint.public_handler) return responses;
  responses["400"] = reference("Problem");
  responses["401"] = reference("Problem");
  if (!endpoint.access.anyone) responses["403"] = reference("Problem");
  if (endpoint.path.find('{') != std::string_view::npos) responses["404"] = reference("Problem");
  if (endpoint.method != http::Method::get) responses["409"] = reference("Problem");
  // Whatever needs the org's key may meet one that its owner has disabled.
  if (endpoint.path.starts_with("/v1/orgs/{org}")) responses["423"] = reference("RetryProblem");
  responses["429"] = reference("RetryProblem");
  responses["503"] = reference("RetryProblem");
  responses["default"] = reference("Problem");
  return responses;
}

json::object operation_of(const Endpoint& endpoint) {
  json::object operation{{"operationId", endpoint.action},
                         {"summary", endpoint.summary},
                         {"description", access_in_words(endpoint.access)},
                         {"security", security_of(endpoint.access)},
                         {"responses", responses_of(endpoint)}};
  auto parameters = path_parameters(endpoint.path);
  if (endpoint.input_schema) {
    json::value schema = json::parse(endpoint.input_schema());
    if (endpoint.input_in_query)
      add_query_parameters(parameters, schema.as_object());
    else
      operation["requestBody"] = {{"required", true}, {"content", json_content(std::move(schema))}};
  }
  if (endpoint.takes_approval)
    parameters.push_back(
        {{"name", kApprovalHeader},
         {"in", "header"},
         {"required", false},
         {"description", "The approval by which it is done, where several security officers have to sign"},
         {"schema", {{"type", "string"}, {"format", "uuid"}}}});
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  return operation;
}

json::object components() {
  json::object types{{"type", "string"}};
  json::array slugs;
  for (const auto& row : code_table()) slugs.emplace_back("urn:kaito:problem:" + std::string(row.slug));
  types["enum"] = std::move(slugs);
  const json::object problem{{"type", "object"},
                             {"required", {"type", "title", "status"}},
                             {"properties",
                              {{"type", std::move(types)},
                               {"title", {{"type", "string"}}},
                               {"status", {{"type", "integer"}}},
                               {"detail", {{"type", "string"}}},
                               {"field", {{"type", "string"}}},
                               {"request_id", {{"type", "string"}}}}}};
  const json::object content{{"application/problem+json", {{"schema", problem}}}};
  return {{"securitySchemes",
           {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-kaito_session"}}},
            {"apiKey", {{"type", "http"}, {"scheme", "bearer"}}}}},
          {"responses",
           {{"Problem", {{"description", "RFC 9457 problem"}, {"content", content}}},
            {"RetryProblem",
             {{"description", "RFC 9457 problem; try again after Retry-After seconds"},
              {"headers", {{"Retry-After", {{"schema", {{"type", "integer"}}}}}}},
              {"content", content}}}}}};
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

std::string openapi_document(std::span<const Endpoint> table) {
  json::object paths;
  for (const auto& endpoint : table) {
    auto& item = paths[endpoint.path];
    if (!item.is_object()) item = json::object();
    item.as_object()[lower(http::to_string(endpoint.method))] = operation_of(endpoint);
  }
  const json::object document{{"openapi", "3.1.0"},
                              {"info",
                               {{"title", "Kaito Appliance"},
                                {"version", "1"},
                                {"description", "Keeps an organisation's TOTP seeds and hands out codes, never seeds."},
                                {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
                              {"servers", {{{"url", "/"}}}},
                              {"paths", std::move(paths)},
                              {"components", components()}};
  return json::serialize(document);
}

}  // namespace kaito::api
