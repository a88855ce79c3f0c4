#include <charconv>

#include "appliance/cli/commands/commands.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

const std::vector<Column> kOrgColumns{
    {"NAME", "name"}, {"ID", "id"}, {"KEK", "kek_version"}, {"CREATED", "created_at"}};

struct CreateOrgOptions {
  std::string name;
  std::string owner;
};

Status create_org(Context& context, const CreateOrgOptions& options) {
  KAITO_TRY(const auto made,
            context.call("POST", "/v1/orgs", json::object{{"name", options.name}, {"owner_username", options.owner}}));
  const auto& object = made.as_object();
  context.show(made, fmt::format("{}invitation  {}\n\nShown once; the owner accepts within 72 hours:\n"
                                 "  kaito accept-invitation {}\n",
                                 record(object.at("org").as_object()), cell(object.if_contains("invitation")),
                                 cell(object.at("owner").as_object().if_contains("username"))));
  return {};
}

Status list_orgs(Context& context) {
  KAITO_TRY(const auto orgs, context.list("/v1/orgs"));
  context.show_list(orgs, kOrgColumns);
  return {};
}

Status show_org(Context& context) {
  KAITO_TRY(const auto path, context.org_path(""));
  KAITO_TRY(const auto org, context.call("GET", path));
  context.show_record(org);
  return {};
}

struct RenameOrgOptions {
  std::string name;
};

Status rename_org(Context& context, const RenameOrgOptions& options) {
  KAITO_TRY(const auto path, context.org_path(""));
  KAITO_TRY(const auto org, context.call("PATCH", path, json::object{{"name", options.name}}));
  context.show_record(org);
  return {};
}

struct LeaseOptions {
  std::string seconds;
};

Status set_lease(Context& context, const LeaseOptions& options) {
  std::uint32_t seconds = 0;
  const auto [end, wrong] =
      std::from_chars(options.seconds.data(), options.seconds.data() + options.seconds.size(), seconds);
  if (wrong != std::errc{} || end != options.seconds.data() + options.seconds.size())
    return fail(Code::usage, "SECONDS must be a whole number");
  KAITO_TRY(const auto path, context.org_path(""));
  KAITO_TRY(const auto org, context.call("PATCH", path, json::object{{"dek_lease_seconds", seconds}}));
  context.show_record(org);
  return {};
}

struct DeleteOptions {
  std::string confirm_name;
};

Status delete_org(Context& context, const DeleteOptions& options) {
  KAITO_TRY(const auto path, context.org_path(""));
  KAITO_CHECK(context.call("DELETE", path, json::object{{"confirm_name", options.confirm_name}}));
  return {};
}

}  // namespace

void add_org_commands(CommandLine& line) {
  const auto org = line.group("org", "Orgs: create, onboard, list, show, rename, hand-over, delete");
  line.add<CreateOrgOptions>(
      org, "create", "Create an org and invite its owner (staff)",
      [](Arguments& arguments, CreateOrgOptions& options) {
        arguments.positional("NAME", options.name, "The org's name");
        arguments.positional("OWNER", options.owner, "The owner's user name");
      },
      &create_org);
  line.add(org, "list", "List all orgs (staff)", &list_orgs);
  line.add(org, "show", "Show the org", &show_org);
  line.add<RenameOrgOptions>(
      org, "rename", "Give the org another name",
      [](Arguments& arguments, RenameOrgOptions& options) {
        arguments.positional("NAME", options.name, "The new name");
      },
      &rename_org);
  line.add<LeaseOptions>(
      org, "set-lease", "How long codes may go on after the HSM last unwrapped their seed's key; 0 asks it each time",
      [](Arguments& arguments, LeaseOptions& options) {
        arguments.positional("SECONDS", options.seconds, "0 to 3600");
      },
      &set_lease);
  line.add<DeleteOptions>(
      org, "delete", "Delete the org with its members, seeds and keys (security officers)",
      [](Arguments& arguments, DeleteOptions& options) {
        arguments.positional("CONFIRM-NAME", options.confirm_name, "Its name once more, so that it is the right one");
      },
      &delete_org);
  add_org_life_commands(line, org);
}

}  // namespace kaito::cli
