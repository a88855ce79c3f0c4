#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/group_names.hpp"
#include "appliance/cli/commands/seed_search.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct GroupOptions {
  std::string group;
};

void declare_group(Arguments& arguments, GroupOptions& options) {
  arguments.positional("GROUP", options.group, "Name or id");
}

Result<std::string> group_path(Context& context, const std::string& group) {
  KAITO_TRY(const auto groups, context.org_path("/groups"));
  KAITO_TRY(const auto id, context.id_of(groups, "name", group, "group"));
  return fmt::format("{}/{}", groups, id);
}

Status create_group(Context& context, const GroupOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/groups"));
  KAITO_TRY(const auto made, context.call("POST", path, json::object{{"name", options.group}}));
  context.show_record(made);
  return {};
}

Status list_groups(Context& context) {
  KAITO_TRY(const auto path, context.org_path("/groups"));
  KAITO_TRY(const auto groups, context.list(path));
  context.show_list(groups, {{"NAME", "name"}, {"ID", "id"}, {"CREATED", "created_at"}});
  return {};
}

Status show_group(Context& context, const GroupOptions& options) {
  KAITO_TRY(const auto path, group_path(context, options.group));
  KAITO_TRY(const auto found, context.call("GET", path));
  context.show(found, record(found.at("group").as_object()) + record(found.as_object()));
  return {};
}

struct RenameGroupOptions {
  std::string group;
  std::string name;
};

Status rename_group(Context& context, const RenameGroupOptions& options) {
  KAITO_TRY(const auto path, group_path(context, options.group));
  KAITO_TRY(const auto renamed, context.call("PATCH", path, json::object{{"name", options.name}}));
  context.show_record(renamed);
  return {};
}

Status delete_group(Context& context, const GroupOptions& options) {
  KAITO_TRY(const auto path, group_path(context, options.group));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

struct ContentOptions {
  std::string group;
  std::vector<std::string> members;
  std::vector<std::string> seeds;
};

void declare_content(Arguments& arguments, ContentOptions& options) {
  arguments.positional("GROUP", options.group, "Name or id");
  arguments.option("--member", options.members, "A member, by user name or id; may be repeated");
  arguments.option("--seed", options.seeds, "A seed, by id or a text that only it matches; may be repeated");
}

// The paths of what is to be put in or taken out: all are found before the first is changed.
Result<std::vector<std::string>> content_paths(Context& context, const ContentOptions& options) {
  if (options.members.empty() && options.seeds.empty()) return fail(Code::usage, "give --member or --seed");
  KAITO_TRY(const auto group, group_path(context, options.group));
  KAITO_TRY(const auto members, context.org_path("/members"));
  std::vector<std::string> paths;
  for (const auto& member : options.members) {
    KAITO_TRY(const auto id, context.id_of(members, "username", member, "member"));
    paths.push_back(fmt::format("{}/members/{}", group, id));
  }
  for (const auto& seed : options.seeds) {
    KAITO_TRY(const auto id, find_seed_id(context, seed));
    paths.push_back(fmt::format("{}/seeds/{}", group, id));
  }
  return paths;
}

Status put_in(Context& context, const ContentOptions& options) {
  KAITO_TRY(const auto paths, content_paths(context, options));
  for (const auto& path : paths) KAITO_CHECK(context.call("PUT", path));
  return {};
}

Status take_out(Context& context, const ContentOptions& options) {
  KAITO_TRY(const auto paths, content_paths(context, options));
  for (const auto& path : paths) KAITO_CHECK(context.call("DELETE", path));
  return {};
}

}  // namespace

Result<json::array> group_ids(Context& context, const std::vector<std::string>& names) {
  json::array ids;
  for (const auto& name : names) {
    KAITO_TRY(const auto path, context.org_path("/groups"));
    KAITO_TRY(const auto id, context.id_of(path, "name", name, "group"));
    ids.emplace_back(id);
  }
  return ids;
}

void add_group_commands(CommandLine& line) {
  const auto group = line.group("group", "Groups: who sees which seeds");
  line.add<GroupOptions>(
      group, "create", "Create a group",
      [](Arguments& arguments, GroupOptions& options) {
        arguments.positional("NAME", options.group, "The group's name");
      },
      &create_group);
  line.add(group, "list", "List the org's groups", &list_groups);
  line.add<GroupOptions>(group, "show", "Show a group and its members", &declare_group, &show_group);
  line.add<RenameGroupOptions>(
      group, "rename", "Give a group another name",
      [](Arguments& arguments, RenameGroupOptions& options) {
        arguments.positional("GROUP", options.group, "Name or id");
        arguments.positional("NAME", options.name, "The new name");
      },
      &rename_group);
  line.add<GroupOptions>(group, "delete", "Delete a group; its seeds stay", &declare_group, &delete_group);
  line.add<ContentOptions>(group, "add", "Put members or seeds into a group", &declare_content, &put_in);
  line.add<ContentOptions>(group, "remove", "Take members or seeds out of a group", &declare_content, &take_out);
}

}  // namespace kaito::cli
