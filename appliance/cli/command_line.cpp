#include "appliance/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/problem.hpp"

namespace kaito::cli {
namespace {

constexpr const char* kEverywhere = "Options of every command";

void add_common(CLI::App& app, CommonOptions& common) {
  app.add_option("--url", common.url, "The appliance, https://HOST:PORT; or KAITO_URL")->group(kEverywhere);
  app.add_option("--cacert", common.cacert, "PEM file with its CA certificate; or KAITO_CACERT")->group(kEverywhere);
  app.add_option("--org", common.org, "The org, by id or name; or KAITO_ORG")->group(kEverywhere);
  app.add_option("--api-key-file", common.api_key_file, "File with an API key, - for stdin; or KAITO_API_KEY")
      ->group(kEverywhere);
  app.add_option("--approval", common.approval, "Id of the approval by which a protected action is done")
      ->group(kEverywhere);
  app.add_flag("--json", common.json, "Print what the API replied")->group(kEverywhere);
}

// An action that needs no approval is done all the same, and the approval stays open for another: whoever named it
// thinks that it is used up.
void tell_unless_used(Context& context) {
  const std::string& id = context.options().approval;
  if (id.empty()) return;
  const auto shown = context.call("GET", "/v1/approvals/" + id);
  if (shown && shown->is_object()) {
    const auto* const approval = shown->get_object().if_contains("approval");
    if (approval && text_at(*approval, "state") == "executed") return;
  }
  context.terminal().note("kaito: done, and approval " + id + " was not used for it: this needed none");
}

}  // namespace

CommandLine::CommandLine()
    : app_(std::make_unique<CLI::App>("Keeps one-time-password seeds under an HSM and gives out codes.", "kaito")) {
  // Exactly one: a word after it is an argument, even when it is the name of another command.
  app_->require_subcommand(1);
  app_->footer(
      "kaito COMMAND --help tells more. Secrets are typed, or read from files; never given as arguments.\n"
      "Exit codes: 0 done, 1 done but for some entries, 2 wrong usage or request, 3 not logged in,\n"
      "4 not allowed, 5 no such object, 6 conflict, 13 failed verification, 19 no connection.");
  add_common(*app_, common_);
}

CommandLine::~CommandLine() = default;

CommandLine::Group CommandLine::root() noexcept { return {app_.get()}; }

CommandLine::Group CommandLine::group(const std::string& name, const std::string& help) {
  auto* app = app_->add_subcommand(name, help);
  app->require_subcommand(1);
  return {app};
}

Arguments CommandLine::add(Group group, const std::string& name, const std::string& help,
                           std::function<Status(Context&)> action) {
  auto* app = group.app->add_subcommand(name, help);
  add_common(*app, common_);
  app->callback([this, action = std::move(action)] { chosen_ = action; });
  return Arguments(*app);
}

int CommandLine::run(std::vector<std::string> words, World& world) {
  std::ranges::reverse(words);  // CLI11 takes them from the back
  try {
    app_->parse(std::move(words));
  } catch (const CLI::ParseError& thrown) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked_for_help = app_->exit(thrown, out, err) == 0;
    if (!out.str().empty()) world.terminal.print(out.str());
    if (asked_for_help) return 0;
    world.terminal.note("kaito: " + explain(Error{.code = Code::usage, .detail = thrown.what()}));
    return traits(Code::usage).exit_code;
  }
  Context context(world, common_);
  if (const auto done = chosen_(context); !done) {
    world.terminal.note("kaito: " + explain(done.error()));
    return traits(done.error().code).exit_code;
  }
  tell_unless_used(context);
  return context.is_partly_done() ? kPartlyDone : 0;
}

int run_kaito(std::vector<std::string> words, World& world) {
  CommandLine line;
  add_session_commands(line);
  add_code_command(line);
  add_seed_commands(line);
  add_import_command(line);
  add_group_commands(line);
  add_member_commands(line);
  add_key_commands(line);
  add_keys_commands(line);
  add_audit_commands(line);
  add_org_commands(line);
  add_staff_commands(line);
  add_approval_commands(line);
  add_hsm_commands(line);
  add_ceremony_commands(line);
  add_status_command(line);
  return line.run(std::move(words), world);
}

}  // namespace kaito::cli
