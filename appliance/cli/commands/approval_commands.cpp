#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/base/file.hpp"
#include "appliance/cli/commands/approval_report.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/staff_ceremonies.hpp"
#include "appliance/cli/commands/staff_names.hpp"
#include "appliance/cli/printable.hpp"
#include "provisioning/quorum/approval_text.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxReport = 4U << 20;

struct ApprovalOptions {
  std::string approval;
  std::string device;
};

void declare_approval(Arguments& arguments, ApprovalOptions& options) {
  arguments.positional("APPROVAL", options.approval, "Its id, as `kaito approval list` shows it");
}

Result<std::string> approval_path(const std::string& id, std::string_view rest = {}) {
  if (!is_id(id)) return fail(Code::usage, "APPROVAL must be an id, as `kaito approval list` shows it");
  return fmt::format("/v1/approvals/{}{}", id, rest);
}

// The text line by line, safe to show.
std::string shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += "  " + printable(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Status list_approvals(Context& context) {
  KAITO_TRY(const auto approvals, context.list("/v1/approvals"));
  json::object counted = approvals;
  for (auto& row : counted["items"].as_array())
    row.as_object()["signed"] =
        fmt::format("{} of {}", row.at("signatures").as_array().size(), row.at("needed").to_number<std::uint32_t>());
  if (context.options().json) {
    context.show(approvals, "");
    return {};
  }
  context.show_list(counted, {{"ID", "id"},
                              {"ACTION", "action"},
                              {"STATE", "state"},
                              {"SIGNED", "signed"},
                              {"BY", "proposed_by"},
                              {"EXPIRES", "expires_at"}});
  return {};
}

Status show_approval(Context& context, const ApprovalOptions& options) {
  KAITO_TRY(const auto path, approval_path(options.approval));
  KAITO_TRY(const auto found, context.call("GET", path));
  context.show(
      found, record(found.at("approval").as_object()) + "\nWhat is signed, SHA-256 " +
                 printable(text_at(found, "digest")) + "\n" + shown(text_at(found, "text")) + "\n" +
                 table(found.at("approval").at("signatures").as_array(), {{"SIGNED BY", "name"}, {"AT", "signed_at"}}));
  return {};
}

// What is shown is what is signed: the challenge is computed here, from the text that was shown.
Status approve(Context& context, const ApprovalOptions& options) {
  KAITO_TRY(const auto path, approval_path(options.approval));
  KAITO_TRY(ApiClient* const client, context.client());
  KAITO_TRY(const auto found, client->call("GET", path));
  const auto* offered = found.as_object().if_contains("options");
  if (offered == nullptr)
    return fail(Error{.code = Code::conflict,
                      .detail = {},
                      .field = "approval",
                      .reason = "is not for you to sign: it has ended, or has your signature already"});
  const std::string text = text_at(found, "text");
  KAITO_TRY(auto request, webauthn::parse_request_options(*offered));
  if (request.challenge != quorum::challenge_of(text))
    return fail(Code::integrity, "the appliance asks for a signature of something else than it shows");
  context.terminal().note("You are about to sign:");
  context.terminal().note(shown(text));
  KAITO_TRY(const auto response, sign_with_key(context, options.device, request, client->origin()));
  KAITO_TRY(const auto approved,
            client->call("POST", path + "/signatures", json::object{{"response", webauthn::to_json(response)}}));
  context.show_record(approved);
  return {};
}

Status cancel_approval(Context& context, const ApprovalOptions& options) {
  KAITO_TRY(const auto path, approval_path(options.approval));
  KAITO_TRY(const auto cancelled, context.call("DELETE", path));
  context.show_record(cancelled);
  return {};
}

struct ProposeOptions {
  std::string action;
  std::optional<std::string> rotation;
  std::optional<std::string> kind;
  std::optional<std::string> staff;
  std::optional<std::string> credential;
  std::optional<std::string> name;
  std::optional<std::string> role;
  bool enable = false;
};

Status propose(Context& context, const ProposeOptions& options) {
  json::object body{{"action", options.action}};
  for (const auto& [member, value] : {std::pair("rotation", &options.rotation), std::pair("kind", &options.kind),
                                      std::pair("credential", &options.credential), std::pair("name", &options.name),
                                      std::pair("role", &options.role)})
    if (*value) body[member] = **value;
  if (options.action == "org.delete") {
    KAITO_TRY(const auto path, context.org_path(""));
    body["org"] = path.substr(path.rfind('/') + 1);
  }
  if (options.action == "staff.update") body["disabled"] = !options.enable;
  if (options.staff) {
    KAITO_TRY(body["staff"], staff_id(context, *options.staff));
  }
  KAITO_TRY(const auto proposed, context.call("POST", "/v1/approvals", std::move(body)));
  const std::string id = text_at(proposed.at("approval"), "id");
  context.show(proposed, shown(text_at(proposed, "text")) +
                             fmt::format("\nOfficers sign it with\n  kaito approval approve {0}\n"
                                         "Then do it with the command that does it alone, and --approval {0}\n",
                                         id));
  return {};
}

struct VerifySignaturesOptions {
  std::string file;
};

Status verify_signatures(Context& context, const VerifySignaturesOptions& options) {
  KAITO_TRY(const auto text, read_file(options.file, kMaxReport));
  KAITO_TRY(const auto report, verify_approval(text));
  context.terminal().print(report);
  return {};
}

void declare_proposal(Arguments& arguments, ProposeOptions& options) {
  arguments.positional("ACTION", options.action,
                       "org.delete (with --org), key.destroy, key.rotation.start, key.shred, staff.update, "
                       "staff.key.remove, staff.create or staff.invite");
  arguments.option("--rotation", options.rotation, "Of key.destroy: the rotation whose old keys are destroyed");
  arguments.option("--kind", options.kind, "Of key.rotation.start: platform, audit or backup");
  arguments.option("--staff", options.staff, "Name or id of the staff member");
  arguments.flag("--enable", options.enable, "staff.update enables; it disables otherwise");
  arguments.option("--credential", options.credential, "Of staff.key.remove: as `kaito staff show` lists it");
  arguments.option("--name", options.name, "Of staff.create: the person's name");
  arguments.option("--role", options.role, "Of staff.create: the person's role");
}

}  // namespace

void add_approval_commands(CommandLine& line) {
  const auto approval = line.group(
      "approval", "Actions that several security officers sign for: propose, list, show, approve, cancel, …");
  line.add<ProposeOptions>(approval, "propose", "Propose an action", &declare_proposal, &propose);
  line.add(approval, "list", "List approvals", &list_approvals);
  line.add<ApprovalOptions>(approval, "show", "Show what is signed, and by whom", &declare_approval, &show_approval);
  line.add<ApprovalOptions>(
      approval, "approve", "Read what it says, and sign it with a USB security key",
      [](Arguments& arguments, ApprovalOptions& options) {
        declare_approval(arguments, options);
        arguments.option("--device", options.device, "The key's device, when several are plugged in");
      },
      &approve);
  line.add<ApprovalOptions>(approval, "cancel", "Take it back", &declare_approval, &cancel_approval);
  line.add<VerifySignaturesOptions>(
      approval, "verify", "Verify the signatures without the appliance",
      [](Arguments& arguments, VerifySignaturesOptions& options) {
        arguments.positional("FILE", options.file, "What `kaito approval show --json` printed");
      },
      &verify_signatures);
}

}  // namespace kaito::cli
