#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/group_names.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct CreateApiKeyOptions {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> groups;
  std::vector<std::string> networks;
  std::optional<std::string> expires_at;
};

void declare_api_key(Arguments& arguments, CreateApiKeyOptions& options) {
  arguments.positional("NAME", options.name, "What it is for");
  arguments.option("--scope", options.scopes,
                   "codes:read, seeds:read, seeds:write, members:read, members:write, groups:read, groups:write, "
                   "audit:read, keys:write or org:read; may be repeated");
  arguments.option("--group", options.groups, "Only this group's seeds, by name or id; may be repeated");
  arguments.option("--network", options.networks, "Only from this network (CIDR); may be repeated");
  arguments.option("--expires", options.expires_at, "End, as 2027-01-31T00:00:00Z");
}

json::array texts(const std::vector<std::string>& values) {
  json::array array;
  for (const auto& value : values) array.emplace_back(value);
  return array;
}

Status create_api_key(Context& context, const CreateApiKeyOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/api-keys"));
  json::object body{{"name", options.name}, {"scopes", texts(options.scopes)}};
  if (!options.groups.empty()) {
    KAITO_TRY(body["groups"], group_ids(context, options.groups));
  }
  if (!options.networks.empty()) body["allowed_networks"] = texts(options.networks);
  if (options.expires_at) body["expires_at"] = *options.expires_at;
  KAITO_TRY(const auto made, context.call("POST", path, std::move(body)));
  const auto& object = made.as_object();
  context.show(made, fmt::format("{}\n{}\n\nThe key is shown once: keep it in a file that only its program reads.\n",
                                 record(object.at("api_key").as_object()), cell(object.if_contains("token"))));
  return {};
}

Status list_api_keys(Context& context) {
  KAITO_TRY(const auto path, context.org_path("/api-keys"));
  KAITO_TRY(const auto keys, context.list(path));
  context.show_list(keys, {{"NAME", "name"},
                           {"ENDS IN", "hint"},
                           {"SCOPES", "scopes"},
                           {"NETWORKS", "allowed_networks"},
                           {"EXPIRES", "expires_at"},
                           {"LAST USED", "last_used"},
                           {"ID", "id"}});
  return {};
}

struct RevokeOptions {
  std::string key;
};

Status revoke_api_key(Context& context, const RevokeOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/api-keys"));
  KAITO_TRY(const auto id, context.id_of(path, "name", options.key, "API key"));
  KAITO_CHECK(context.call("DELETE", fmt::format("{}/{}", path, id)));
  return {};
}

}  // namespace

void add_key_commands(CommandLine& line) {
  const auto key = line.group("key", "API keys: create, list, revoke");
  line.add<CreateApiKeyOptions>(key, "create", "Make an API key; prints it once", &declare_api_key, &create_api_key);
  line.add(key, "list", "List API keys", &list_api_keys);
  line.add<RevokeOptions>(
      key, "revoke", "Revoke an API key",
      [](Arguments& arguments, RevokeOptions& options) { arguments.positional("KEY", options.key, "Name or id"); },
      &revoke_api_key);
}

}  // namespace kaito::cli
