// The beginning and the end of an org: onboarding from a file, and what its owner takes along.
#include <sodium.h>

#include <boost/json/serialize.hpp>
#include <filesystem>

#include "appliance/base/file.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/problem.hpp"
#include "luks/header/strict_json.hpp"

namespace kaito::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMaxTemplate = 65536;

struct OnboardOptions {
  std::string file;
  std::string name;
  std::string owner;
  bool dry_run = false;
};

void declare_onboard(Arguments& arguments, OnboardOptions& options) {
  arguments.positional("FILE", options.file, "What the org is to be: JSON");
  arguments.option("--name", options.name, "The org's name, instead of the file's");
  arguments.option("--owner", options.owner, "The first owner's user name, instead of the file's");
  arguments.flag("--dry-run", options.dry_run, "Say what would be made, and make nothing");
  arguments.explain(
      "{\"version\": 1, \"name\": …, \"owner_username\": …, \"owner_display_name\": …, \"dek_lease_seconds\": …,\n"
      "\"groups\": [names]}. All of it is made, or nothing.");
}

// The request's body: the file's members but `version`, which is the file's own. The appliance refuses unknown ones.
Result<json::object> read_template(const OnboardOptions& options) {
  KAITO_TRY(const std::string text, read_file(options.file, kMaxTemplate));
  auto object = luks::parse_strict_json(text, kMaxTemplate);
  if (!object) return fail(Code::usage, fmt::format("{}: {}", options.file, object.error().detail));
  const auto* const version = object->if_contains("version");
  if (!version || *version != 1) return fail(Code::usage, options.file + ": version must be 1");
  object->erase("version");
  if (!options.name.empty()) (*object)["name"] = options.name;
  if (!options.owner.empty()) (*object)["owner_username"] = options.owner;
  return object;
}

std::string describe_made(const json::object& made) {
  std::string text = record(made.at("org").as_object());
  for (const auto& group : made.at("groups").as_array())
    text += fmt::format("group       {} {}\n", cell(group.as_object().if_contains("id")),
                        cell(group.as_object().if_contains("name")));
  return text + fmt::format(
                    "invitation  {}\n\nShown once; the owner accepts within 72 hours:\n"
                    "  kaito accept-invitation {}\n",
                    cell(made.if_contains("invitation")), cell(made.at("owner").as_object().if_contains("username")));
}

Status onboard(Context& context, const OnboardOptions& options) {
  KAITO_TRY(json::object body, read_template(options));
  if (options.dry_run) {
    KAITO_TRY(const auto checked, context.call("POST", "/v1/orgs/dry-run", std::move(body)));
    context.show_record(checked);
    return {};
  }
  KAITO_TRY(const auto made, context.call("POST", "/v1/orgs", std::move(body)));
  context.show(made, describe_made(made.as_object()));
  return {};
}

struct HandOverOptions {
  std::string directory;
};

void declare_hand_over(Arguments& arguments, HandOverOptions& options) {
  arguments.positional("DIRECTORY", options.directory, "Is made; must not be there yet");
  arguments.explain(
      "What the org was: members, groups, labels of seeds, API keys, its key, its audit log with the keys that verify "
      "it.\n"
      "No secret. SHA256SUMS names every file; the certificate of the shred follows from the security officers.");
}

// Writes files into a directory, and notes what it wrote as sha256sum(1) does.
class HandOver {
 public:
  HandOver(Context& context, fs::path directory) : context_(context), directory_(std::move(directory)) {}

  Status write(const std::string& name, std::string_view content) {
    ByteArray<crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), as_bytes(content).data(), content.size());
    sums_ += fmt::format("{}  {}\n", to_hex(hash), name);
    return write_file_atomically(directory_ / name, as_bytes(content));
  }
  // A listing, all pages of it, or an object.
  Status listing(const std::string& name, std::string_view rest) {
    KAITO_TRY(const auto path, context_.org_path(rest));
    KAITO_TRY(const auto items, context_.list(path));
    return write(name, json::serialize(items) + "\n");
  }
  Status object(const std::string& name, std::string_view rest) {
    KAITO_TRY(const auto path, context_.org_path(rest));
    KAITO_TRY(const auto value, context_.call("GET", path));
    return write(name, json::serialize(value) + "\n");
  }
  // Groups with their members; which seeds each holds.
  Status groups() {
    KAITO_TRY(const auto path, context_.org_path("/groups"));
    KAITO_TRY(const auto listed, context_.list(path));
    json::array groups;
    for (const auto& item : listed.at("items").as_array()) {
      const std::string id = text_at(item, "id");
      KAITO_TRY(auto details, context_.call("GET", fmt::format("{}/{}", path, id)));
      KAITO_TRY(const auto seeds_path, context_.org_path("/seeds?group=" + id));
      KAITO_TRY(const auto seeds, context_.list(seeds_path));
      json::array ids;
      for (const auto& seed : seeds.at("items").as_array()) ids.emplace_back(text_at(seed, "id"));
      details.as_object()["seeds"] = std::move(ids);
      groups.push_back(std::move(details));
    }
    return write("groups.json", json::serialize(json::object{{"items", std::move(groups)}}) + "\n");
  }
  // With its proofs, as `kaito audit export` gives it.
  Status audit_log() {
    KAITO_TRY(ApiClient* const client, context_.client());
    KAITO_TRY(const auto path, context_.org_path("/audit/export"));
    KAITO_TRY(const Response reply, client->send("GET", path));
    if (reply.status != 200) return fail(problem_of(reply));
    return write("audit.jsonl", reply.body);
  }
  Status finish() { return write_file_atomically(directory_ / "SHA256SUMS", as_bytes(sums_)); }

 private:
  Context& context_;
  fs::path directory_;
  std::string sums_;
};

Status hand_over(Context& context, const HandOverOptions& options) {
  std::error_code ignored;
  if (fs::exists(options.directory, ignored)) return fail(Code::conflict, options.directory + " is there already");
  KAITO_CHECK(make_private_directory(options.directory));
  HandOver files(context, options.directory);
  KAITO_CHECK(files.object("org.json", ""));
  KAITO_CHECK(files.object("key.json", "/key"));
  KAITO_CHECK(files.listing("rotations.json", "/key/rotations"));
  KAITO_CHECK(files.listing("members.json", "/members"));
  KAITO_CHECK(files.groups());
  KAITO_CHECK(files.listing("seeds.json", "/seeds"));
  KAITO_CHECK(files.listing("api-keys.json", "/api-keys"));
  // Last, so that the log tells of what was read before.
  KAITO_CHECK(files.audit_log());
  KAITO_CHECK(files.finish());
  context.terminal().note(fmt::format("written to {}; `kaito audit verify {}/audit.jsonl` checks the log",
                                      options.directory, options.directory));
  return {};
}

}  // namespace

void add_org_life_commands(CommandLine& line, CommandLine::Group org) {
  line.add<OnboardOptions>(org, "onboard", "Make an org from a file: settings, groups, first owner (staff)",
                           &declare_onboard, &onboard);
  line.add<HandOverOptions>(org, "hand-over", "Write down what the org was, before it is deleted (owners)",
                            &declare_hand_over, &hand_over);
}

}  // namespace kaito::cli
