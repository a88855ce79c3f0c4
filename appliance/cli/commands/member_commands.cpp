#include "appliance/cli/commands/commands.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct MemberOptions {
  std::string member;
};

void declare_member(Arguments& arguments, MemberOptions& options) {
  arguments.positional("MEMBER", options.member, "User name or id");
}

// "/v1/orgs/…/members/ID" and `rest`.
Result<std::string> member_path(Context& context, const std::string& member, std::string_view rest = {}) {
  KAITO_TRY(const auto members, context.org_path("/members"));
  KAITO_TRY(const auto id, context.id_of(members, "username", member, "member"));
  return fmt::format("{}/{}{}", members, id, rest);
}

void show_invitation(Context& context, const json::value& made) {
  const auto& object = made.as_object();
  const auto& member = object.at("member").as_object();
  context.show(
      made, fmt::format("{}invitation    {}\n\nShown once; it is accepted within 72 hours:\n"
                        "  kaito accept-invitation {}\n",
                        record(member), cell(object.if_contains("invitation")), cell(member.if_contains("username"))));
}

struct InviteOptions {
  std::string username;
  std::string role = "viewer";
  std::optional<std::string> display_name;
};

Status invite_member(Context& context, const InviteOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/members"));
  json::object body{{"username", options.username}, {"role", options.role}};
  if (options.display_name) body["display_name"] = *options.display_name;
  KAITO_TRY(const auto made, context.call("POST", path, std::move(body)));
  show_invitation(context, made);
  return {};
}

Status reinvite(Context& context, const MemberOptions& options) {
  KAITO_TRY(const auto path, member_path(context, options.member, "/invitation"));
  KAITO_TRY(const auto made, context.call("POST", path));
  show_invitation(context, made);
  return {};
}

Status list_members(Context& context) {
  KAITO_TRY(const auto path, context.org_path("/members"));
  KAITO_TRY(const auto members, context.list(path));
  context.show_list(
      members,
      {{"USERNAME", "username"}, {"NAME", "display_name"}, {"ROLE", "role"}, {"STATE", "state"}, {"ID", "id"}});
  return {};
}

Status show_member(Context& context, const MemberOptions& options) {
  KAITO_TRY(const auto path, member_path(context, options.member));
  KAITO_TRY(const auto found, context.call("GET", path));
  context.show(found, record(found.at("member").as_object()) + record(found.as_object()));
  return {};
}

struct ChangeOptions {
  std::string member;
  std::optional<std::string> role;
  std::optional<std::string> display_name;
  bool disable = false;
  bool enable = false;
};

Status change_member(Context& context, const ChangeOptions& options) {
  if (options.disable && options.enable) return fail(Code::usage, "--disable and --enable exclude each other");
  json::object body;
  if (options.role) body["role"] = *options.role;
  if (options.display_name) body["display_name"] = *options.display_name;
  if (options.disable || options.enable) body["disabled"] = options.disable;
  if (body.empty()) return fail(Code::usage, "nothing to change: give --role, --name, --disable or --enable");
  KAITO_TRY(const auto path, member_path(context, options.member));
  KAITO_TRY(const auto changed, context.call("PATCH", path, std::move(body)));
  context.show_record(changed);
  return {};
}

Status remove_member(Context& context, const MemberOptions& options) {
  KAITO_TRY(const auto path, member_path(context, options.member));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

Status end_member_sessions(Context& context, const MemberOptions& options) {
  KAITO_TRY(const auto path, member_path(context, options.member, "/sessions"));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

}  // namespace

void add_member_commands(CommandLine& line) {
  const auto member = line.group("member", "Members of the org: invite, list, show, change, remove, …");
  line.add<InviteOptions>(
      member, "invite", "Invite somebody; prints the invitation",
      [](Arguments& arguments, InviteOptions& options) {
        arguments.positional("USERNAME", options.username, "Name to log in with");
        arguments.option("--role", options.role, "viewer (default), member, admin or owner");
        arguments.option("--name", options.display_name, "The person's name");
      },
      &invite_member);
  line.add<MemberOptions>(member, "reinvite", "Make a new invitation; the old password ends", &declare_member,
                          &reinvite);
  line.add(member, "list", "List the org's members", &list_members);
  line.add<MemberOptions>(member, "show", "Show a member and their groups", &declare_member, &show_member);
  line.add<ChangeOptions>(
      member, "change", "Change a member's role or name, disable or enable",
      [](Arguments& arguments, ChangeOptions& options) {
        arguments.positional("MEMBER", options.member, "User name or id");
        arguments.option("--role", options.role, "viewer, member, admin or owner");
        arguments.option("--name", options.display_name, "The person's name");
        arguments.flag("--disable", options.disable, "Let them log in no more");
        arguments.flag("--enable", options.enable, "Let them log in again");
      },
      &change_member);
  line.add<MemberOptions>(member, "remove", "Remove a member from the org", &declare_member, &remove_member);
  line.add<MemberOptions>(member, "end-sessions", "End all sessions of a member", &declare_member,
                          &end_member_sessions);
}

}  // namespace kaito::cli
