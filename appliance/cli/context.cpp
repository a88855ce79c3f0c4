#include "appliance/cli/context.hpp"

#include <boost/json/serialize.hpp>

#include "appliance/base/ids.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kPageSize = "limit=1000";

void wipe_strings(json::value& value) noexcept {
  if (value.is_string()) {
    auto& text = value.get_string();
    wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  } else if (value.is_array()) {
    for (auto& item : value.get_array()) wipe_strings(item);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) wipe_strings(member.value());
  }
}

// A credential becomes a header line: nothing in it may end the line.
bool fits_a_header(ByteView credential) {
  return std::ranges::all_of(credential, [](std::uint8_t byte) { return byte > 0x20 && byte < 0x7f; });
}

}  // namespace

Context::Context(World& world, CommonOptions options)
    : world_(world),
      options_(std::move(options)),
      profile_file_(profile_path(world.environment("XDG_CONFIG_HOME"), world.environment("HOME"))) {}

std::string Context::setting(const std::string& option, const char* variable) const {
  return option.empty() ? world_.environment(variable) : option;
}

std::string Context::named_org() const { return setting(options_.org, "KAITO_ORG"); }

Result<ApiClient> Context::open() {
  KAITO_TRY(Profile profile, profile_file_.load());
  url_ = setting(options_.url, "KAITO_URL");
  if (url_.empty()) url_ = profile.url;
  if (url_.ends_with('/')) url_.pop_back();
  if (url_.empty())
    return fail(Code::usage, "which appliance? Give --url https://kaito.example.org:8443 or set KAITO_URL");
  if (profile.url == url_) profile_ = std::move(profile);
  cacert_ = setting(options_.cacert, "KAITO_CACERT");
  if (cacert_.empty()) cacert_ = profile_.cacert;
  if (!cacert_.empty()) cacert_ = std::filesystem::absolute(cacert_).string();
  KAITO_TRY(auto client, ApiClient::open({.url = url_, .ca_certificate = cacert_}));
  if (!options_.approval.empty() && !is_id(options_.approval))
    return fail(Code::usage, "--approval must be an id, as `kaito approval list` shows it");
  client.use_approval(options_.approval);
  return client;
}

Status Context::authenticate(ApiClient& client) {
  Passphrase key;
  if (!options_.api_key_file.empty()) {
    KAITO_TRY(key, read_secret(terminal(), options_.api_key_file, "API key"));
  } else {
    std::string value = world_.environment("KAITO_API_KEY");
    key = Passphrase::copy_of(value);
    wipe(value);
  }
  uses_api_key_ = !key.empty();
  if (!fits_a_header(key.expose_secret()) || !fits_a_header(profile_.session.expose_secret()))
    return fail(Code::usage, "the API key or session holds a character that none of the appliance's has");
  if (uses_api_key_)
    client.use_api_key(Token::copy_of(key.expose_secret()));
  else if (!profile_.session.empty())
    client.use_session(profile_.session.duplicate());
  return {};
}

Result<ApiClient*> Context::client() {
  if (!client_) {
    KAITO_TRY(auto opened, open());
    KAITO_CHECK(authenticate(opened));
    client_ = std::move(opened);
  }
  return &*client_;
}

Result<ApiClient*> Context::anonymous_client() {
  KAITO_TRY(client_, open());
  return &*client_;
}

Result<json::value> Context::call(std::string_view method, std::string_view path, std::optional<json::value> body) {
  KAITO_TRY(ApiClient* const opened, client());
  return call_and_wipe(*opened, method, path, std::move(body));
}

Result<json::object> Context::list(std::string path) {
  path += path.find('?') == std::string::npos ? '?' : '&';
  path += kPageSize;
  json::array items;
  std::string cursor;
  do {
    KAITO_TRY(const auto page, call("GET", cursor.empty() ? path : path + "&cursor=" + url_encode(cursor)));
    const auto* rows = page.is_object() ? page.get_object().if_contains("items") : nullptr;
    if (rows == nullptr || !rows->is_array()) return fail(Code::connection_failed, path + " gave no listing");
    for (const auto& row : rows->get_array()) items.push_back(row);
    cursor = text_at(page, "next_cursor");
  } while (!cursor.empty());
  return json::object{{"items", std::move(items)}};
}

Result<std::string> Context::id_of(const std::string& path, std::string_view member, const std::string& text,
                                   std::string_view noun) {
  if (is_id(text)) return text;
  KAITO_TRY(const auto listing, list(path));
  std::vector<std::string> found;
  for (const auto& item : listing.at("items").get_array())
    if (text_at(item, member) == text) found.push_back(text_at(item, "id"));
  if (found.empty()) return fail(Code::not_found, fmt::format("no {} is called \"{}\"", noun, text));
  if (found.size() > 1)
    return fail(Code::conflict, fmt::format("{} {}s are called \"{}\": name one by its id", found.size(), noun, text));
  return found.front();
}

Result<std::string> Context::org_id(const std::string& id_or_name) {
  if (is_id(id_or_name)) return id_or_name;
  KAITO_CHECK(client());
  if (uses_api_key_) return fail(Code::usage, "with an API key, give the org's id, not its name");
  KAITO_TRY(const auto me, call("GET", "/v1/session"));
  if (text_at(me, "kind") == "staff") return id_of("/v1/orgs", "name", id_or_name, "org");
  KAITO_TRY(const auto mine, call("GET", "/v1/orgs/" + text_at(me, "org")));
  if (text_at(mine, "name") != id_or_name)
    return fail(Code::not_found, fmt::format("you are logged in to another org than \"{}\"", id_or_name));
  return text_at(mine, "id");
}

Result<std::optional<std::string>> Context::own_org() {
  KAITO_CHECK(client());
  if (const std::string named = named_org(); !named.empty()) {
    KAITO_TRY(auto id, org_id(named));
    return std::optional(std::move(id));
  }
  if (uses_api_key_) return fail(Code::usage, "with an API key, name the org: --org or KAITO_ORG");
  if (profile_.org.empty()) {
    KAITO_TRY(const auto me, call("GET", "/v1/session"));
    profile_.org = text_at(me, "org");
  }
  return profile_.org.empty() ? std::nullopt : std::optional(profile_.org);
}

Result<std::string> Context::org_path(std::string_view rest) {
  KAITO_TRY(const auto org, own_org());
  if (!org) return fail(Code::usage, "staff belong to no org: name one with --org or KAITO_ORG");
  return fmt::format("/v1/orgs/{}{}", *org, rest);
}

Status Context::keep_session() {
  KAITO_TRY(const auto me, call("GET", "/v1/session"));
  const Profile kept{
      .url = url_, .cacert = cacert_, .org = text_at(me, "org"), .session = client_->session().duplicate()};
  KAITO_CHECK(profile_file_.save(kept));
  show(me, fmt::format("logged in as {} ({} {})\n", cell(me.get_object().if_contains("name")),
                       cell(me.get_object().if_contains("kind")), cell(me.get_object().if_contains("role"))));
  return {};
}

Status Context::forget_session() {
  KAITO_TRY(Profile profile, profile_file_.load());
  // The session of another appliance is not the one that has ended.
  if (profile.url != url_) return {};
  profile.session.reset();
  profile.org.clear();
  return profile_file_.save(profile);
}

void Context::show(const json::value& value, std::string_view text) {
  terminal().print(options_.json ? json::serialize(value) + "\n" : std::string(text));
}

void Context::show_list(const json::object& listing, const std::vector<Column>& columns) {
  show(listing, table(listing.at("items").get_array(), columns));
}

void Context::show_record(const json::value& value) {
  show(value, value.is_object() ? record(value.get_object()) : std::string());
}

Result<json::value> call_and_wipe(ApiClient& client, std::string_view method, std::string_view path,
                                  std::optional<json::value> body) {
  auto reply = client.call(method, path, body);
  if (body) wipe_strings(*body);
  return reply;
}

std::string text_at(const json::value& object, std::string_view member) {
  const auto* found = object.is_object() ? object.get_object().if_contains(member) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool is_id(std::string_view text) { return uuid_from_string(text).has_value(); }

}  // namespace kaito::cli
