#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/group_names.hpp"
#include "appliance/cli/commands/seed_search.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct AddSeedOptions {
  std::string secret_file;
  std::optional<std::string> issuer;
  std::optional<std::string> account;
  std::optional<std::string> type;
  std::optional<std::string> algorithm;
  std::optional<std::int64_t> digits;
  std::optional<std::int64_t> period;
  std::optional<std::int64_t> counter;
  std::vector<std::string> groups;
};

void declare_add_seed(Arguments& arguments, AddSeedOptions& options) {
  arguments.option("--secret-file", options.secret_file,
                   "Read the otpauth URI or base32 secret from a file, - for stdin");
  arguments.option("--issuer", options.issuer, "Who runs the service");
  arguments.option("--account", options.account, "The account there");
  arguments.option("--type", options.type, "totp (default), hotp or steam");
  arguments.option("--algorithm", options.algorithm, "SHA1 (default), SHA256 or SHA512");
  arguments.option("--digits", options.digits, "Length of a code; 6 when not given");
  arguments.option("--period", options.period, "Seconds that a code lasts; 30 when not given");
  arguments.option("--counter", options.counter, "HOTP: the next counter; 0 when not given");
  arguments.option("--group", options.groups, "A group that sees it, by name or id; may be repeated");
  arguments.explain(
      "Asks for the secret when no file is named. An otpauth:// URI says everything itself and takes no\n"
      "other option than --group.");
}

Status add_seed(Context& context, const AddSeedOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/seeds"));
  json::object body;
  const auto put = [&body](std::string_view name, const auto& value) {
    if (value) body[name] = *value;
  };
  put("issuer", options.issuer);
  put("account", options.account);
  put("type", options.type);
  put("algorithm", options.algorithm);
  put("digits", options.digits);
  put("period", options.period);
  put("counter", options.counter);
  if (!options.groups.empty()) {
    KAITO_TRY(body["groups"], group_ids(context, options.groups));
  }
  KAITO_TRY(const auto secret, read_secret(context.terminal(), options.secret_file, "otpauth URI or base32 secret"));
  const auto text = as_text(secret.expose_secret());
  body[text.starts_with("otpauth://") ? "uri" : "secret"] = text;
  KAITO_TRY(const auto seed, context.call("POST", path, std::move(body)));
  context.show_record(seed);
  return {};
}

struct ListSeedsOptions {
  std::string search;
  std::string group;
};

Status list_seeds(Context& context, const ListSeedsOptions& options) {
  KAITO_TRY(auto path, context.org_path("/seeds?"));
  if (!options.search.empty()) path += "search=" + url_encode(options.search) + "&";
  if (!options.group.empty()) {
    KAITO_TRY(const auto ids, group_ids(context, {options.group}));
    path += "group=" + std::string(ids.front().as_string()) + "&";
  }
  path.pop_back();  // the '?' or '&' that nothing follows
  KAITO_TRY(const auto seeds, context.list(path));
  context.show_list(seeds, {{"ISSUER", "issuer"},
                            {"ACCOUNT", "account"},
                            {"TYPE", "type"},
                            {"ALGORITHM", "algorithm"},
                            {"DIGITS", "digits"},
                            {"PERIOD", "period"},
                            {"ID", "id"}});
  return {};
}

struct SeedOptions {
  std::string seed;
};

void declare_seed(Arguments& arguments, SeedOptions& options) {
  arguments.positional("SEED", options.seed, "Id, or a text that only this seed matches");
}

Result<std::string> seed_path(Context& context, const std::string& seed) {
  KAITO_TRY(const auto id, find_seed_id(context, seed));
  return context.org_path("/seeds/" + id);
}

Status show_seed(Context& context, const SeedOptions& options) {
  KAITO_TRY(const auto path, seed_path(context, options.seed));
  KAITO_TRY(const auto seed, context.call("GET", path));
  context.show_record(seed);
  return {};
}

struct RelabelOptions {
  std::string seed;
  std::optional<std::string> issuer;
  std::optional<std::string> account;
  std::optional<std::int64_t> revision;
};

Status relabel(Context& context, const RelabelOptions& options) {
  json::object body;
  if (options.issuer) body["issuer"] = *options.issuer;
  if (options.account) body["account"] = *options.account;
  if (body.empty()) return fail(Code::usage, "give --issuer or --account");
  if (options.revision) body["revision"] = *options.revision;
  KAITO_TRY(const auto path, seed_path(context, options.seed));
  KAITO_TRY(const auto seed, context.call("PATCH", path, std::move(body)));
  context.show_record(seed);
  return {};
}

Status delete_seed(Context& context, const SeedOptions& options) {
  KAITO_TRY(const auto path, seed_path(context, options.seed));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

}  // namespace

void add_seed_commands(CommandLine& line) {
  const auto seed = line.group("seed", "Seeds: add, list, show, relabel, delete");
  line.add<AddSeedOptions>(seed, "add", "Add a seed", &declare_add_seed, &add_seed);
  line.add<ListSeedsOptions>(
      seed, "list", "List seeds",
      [](Arguments& arguments, ListSeedsOptions& options) {
        arguments.option("--search", options.search, "Part of the issuer or the account");
        arguments.option("--group", options.group, "Only those of a group, by name or id");
      },
      &list_seeds);
  line.add<SeedOptions>(seed, "show", "Show a seed's labels and parameters", &declare_seed, &show_seed);
  line.add<RelabelOptions>(
      seed, "relabel", "Change a seed's labels",
      [](Arguments& arguments, RelabelOptions& options) {
        arguments.positional("SEED", options.seed, "Id, or a text that only this seed matches");
        arguments.option("--issuer", options.issuer, "The new issuer");
        arguments.option("--account", options.account, "The new account");
        arguments.option("--revision", options.revision, "Only if this is still its revision");
      },
      &relabel);
  line.add<SeedOptions>(seed, "delete", "Delete a seed; it cannot be brought back", &declare_seed, &delete_seed);
}

}  // namespace kaito::cli
