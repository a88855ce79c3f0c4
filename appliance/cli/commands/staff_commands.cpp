#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/staff_ceremonies.hpp"
#include "appliance/cli/commands/staff_names.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct StaffOptions {
  std::string staff;
};

void declare_staff(Arguments& arguments, StaffOptions& options) {
  arguments.positional("STAFF", options.staff, "Name or id");
}

Result<std::string> staff_path(Context& context, const std::string& staff, std::string_view rest = {}) {
  KAITO_TRY(const std::string id, staff_id(context, staff));
  return fmt::format("/v1/staff/{}{}", id, rest);
}

void show_token(Context& context, const json::value& made) {
  const auto& object = made.as_object();
  context.show(made, fmt::format("{}token       {}\n\nShown once; it enrols one key within 24 hours:\n"
                                 "  kaito staff enrol\n",
                                 record(object.at("staff").as_object()), cell(object.if_contains("token"))));
}

Status list_staff(Context& context) {
  KAITO_TRY(const auto staff, context.call("GET", "/v1/staff"));
  context.show_list(
      staff.as_object(),
      {{"NAME", "name"}, {"ROLE", "role"}, {"DISABLED", "disabled"}, {"ID", "id"}, {"CREATED", "created_at"}});
  return {};
}

struct AddStaffOptions {
  std::string name;
  std::string role;
};

Status add_staff(Context& context, const AddStaffOptions& options) {
  KAITO_TRY(const auto made,
            context.call("POST", "/v1/staff", json::object{{"name", options.name}, {"role", options.role}}));
  show_token(context, made);
  return {};
}

Status show_staff(Context& context, const StaffOptions& options) {
  KAITO_TRY(const auto path, staff_path(context, options.staff));
  KAITO_TRY(const auto found, context.call("GET", path));
  context.show(found, record(found.at("staff").as_object()) + "\n" +
                          table(found.at("keys").as_array(),
                                {{"KEY", "label"}, {"CREDENTIAL", "credential_id"}, {"CREATED", "created_at"}}));
  return {};
}

Status invite_staff(Context& context, const StaffOptions& options) {
  KAITO_TRY(const auto path, staff_path(context, options.staff, "/enrolment"));
  KAITO_TRY(const auto made, context.call("POST", path));
  show_token(context, made);
  return {};
}

Status set_disabled(Context& context, const std::string& staff, bool disabled) {
  KAITO_TRY(const auto path, staff_path(context, staff));
  KAITO_TRY(const auto changed, context.call("PATCH", path, json::object{{"disabled", disabled}}));
  context.show_record(changed);
  return {};
}

Status disable(Context& context, const StaffOptions& options) { return set_disabled(context, options.staff, true); }
Status enable(Context& context, const StaffOptions& options) { return set_disabled(context, options.staff, false); }

Status end_staff_sessions(Context& context, const StaffOptions& options) {
  KAITO_TRY(const auto path, staff_path(context, options.staff, "/sessions"));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

struct RemoveKeyOptions {
  std::string staff;
  std::string credential;
};

Status remove_key(Context& context, const RemoveKeyOptions& options) {
  KAITO_TRY(const auto path, staff_path(context, options.staff, "/keys/" + url_encode(options.credential)));
  KAITO_CHECK(context.call("DELETE", path));
  return {};
}

void add_ceremonies(CommandLine& line, CommandLine::Group staff) {
  line.add<EnrolOptions>(
      staff, "enrol", "Enrol a USB security key",
      [](Arguments& arguments, EnrolOptions& options) {
        arguments.option("--token-file", options.token_file, "Read the token from a file, - for stdin");
        arguments.option("--name", options.name, "The first security officer's name; with the set-up token only");
        arguments.option("--label", options.label, "The key's name, for people");
        arguments.option("--device", options.device, "The key's device, when several are plugged in");
        options.label = "security key";
      },
      &enrol_staff_key);
  line.add<StaffLoginOptions>(
      staff, "login", "Log in with a USB security key",
      [](Arguments& arguments, StaffLoginOptions& options) {
        arguments.option("--device", options.device, "The key's device, when several are plugged in");
      },
      &log_in_staff);
}

}  // namespace

Result<std::string> staff_id(Context& context, const std::string& name_or_id) {
  KAITO_TRY(const auto listing, context.call("GET", "/v1/staff"));
  std::vector<std::string> ids;
  for (const auto& row : listing.at("items").as_array())
    if (text_at(row, "name") == name_or_id || text_at(row, "id") == name_or_id) ids.push_back(text_at(row, "id"));
  if (ids.size() != 1) return fail(Code::not_found, fmt::format("no staff member is called \"{}\"", name_or_id));
  return ids.front();
}

void add_staff_commands(CommandLine& line) {
  const auto staff = line.group("staff", "Staff of the appliance: enrol, login, list, add, disable, enable, …");
  add_ceremonies(line, staff);
  line.add(staff, "list", "List staff", &list_staff);
  line.add<AddStaffOptions>(
      staff, "add", "Add a staff member; prints a token to enrol a key with",
      [](Arguments& arguments, AddStaffOptions& options) {
        arguments.positional("NAME", options.name, "The person's name");
        arguments.option("--role", options.role, "auditor (default), operator or security_officer");
        options.role = "auditor";
      },
      &add_staff);
  line.add<StaffOptions>(staff, "show", "Show a staff member and their keys", &declare_staff, &show_staff);
  line.add<StaffOptions>(staff, "invite", "Make a token to enrol another key with", &declare_staff, &invite_staff);
  line.add<StaffOptions>(staff, "disable", "Let a staff member log in no more", &declare_staff, &disable);
  line.add<StaffOptions>(staff, "enable", "Let a staff member log in again", &declare_staff, &enable);
  line.add<StaffOptions>(staff, "end-sessions", "End all sessions of a staff member", &declare_staff,
                         &end_staff_sessions);
  line.add<RemoveKeyOptions>(
      staff, "remove-key", "Remove a staff member's key",
      [](Arguments& arguments, RemoveKeyOptions& options) {
        arguments.positional("STAFF", options.staff, "Name or id");
        arguments.positional("CREDENTIAL", options.credential, "As `kaito staff show` lists it");
      },
      &remove_key);
}

}  // namespace kaito::cli
