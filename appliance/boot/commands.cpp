#include "appliance/boot/commands.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "appliance/boot/reset_commands.hpp"
#include "provisioning/boot_state.hpp"
#include "provisioning/ceremony_run.hpp"
#include "provisioning/decommissioning.hpp"
#include "provisioning/mode_switch.hpp"
#include "provisioning/program.hpp"
#include "provisioning/unlocking.hpp"

namespace kaito::boot {
namespace {

using namespace provisioning;  // NOLINT(google-build-using-namespace): its command line

bool systemd_runs() {
  std::error_code ignored;
  return std::filesystem::exists("/run/systemd/system", ignored);
}

struct CeremonyOptions {
  std::string file;
  bool start_over = false;
  bool no_start = false;
};

Result<Plan> wanted_plan(const CeremonyOptions& options, const Tools& tools) {
  if (options.file.empty()) return begun_plan(tools.places);
  KAITO_TRY(const std::string text, read_file(options.file, kMaxPlan));
  return parse_plan(text);
}

Status ceremony(const CeremonyOptions& options, const Tools& tools) {
  KAITO_TRY(const Plan plan, wanted_plan(options, tools));
  KAITO_CHECK(run_ceremony(plan, tools.places, options.start_over, tools.clock, tools.random, tools.terminal,
                           [&](std::string_view line) { tools.say(line); }));
  if (options.no_start || !systemd_runs()) return {};
  KAITO_CHECK(must_run({"systemctl", "enable", "--now", "kaitod.socket", "kaitod.service"}));
  tools.say(
      fmt::format("kaitod serves; the first security officer's token is in {}", tools.places.setup_token().string()));
  return {};
}

Status unlock_command(const UnlockRequest& request, const Tools& tools) {
  KAITO_TRY(const std::string way, unlock(tools.places, request, tools.clock, tools.terminal));
  tools.say("unlocked: " + way);
  return {};
}

Status status(bool as_json, const Tools& tools) {
  const BootReport report = report_state(tools.places, tools.clock);
  tools.terminal.print(as_json ? boost::json::serialize(to_json(report)) + "\n" : describe(report));
  return {};
}

Status maintenance(const std::string& wanted, const Tools& tools) {
  const auto& file = tools.places.maintenance;
  if (wanted == "off") {
    std::error_code failed;
    std::filesystem::remove(file, failed);
    if (failed) return fail(Code::storage_failed, failed.message());
    if (systemd_runs()) KAITO_CHECK(must_run({"systemctl", "start", "kaitod.service"}));
    return {};
  }
  KAITO_CHECK(make_private_directory(file.parent_path()));
  KAITO_CHECK(write_file_atomically(file, {}));
  if (systemd_runs()) KAITO_CHECK(must_run({"systemctl", "stop", "kaitod.service"}));
  return {};
}

Status mode_command(const std::string& wanted, const UnlockRequest& request, const Tools& tools) {
  KAITO_TRY(const auto mode, unlock_mode(wanted));
  KAITO_TRY(const auto said, switch_mode(mode, tools.places, request, tools.clock, tools.random, tools.terminal));
  tools.say(said);
  return {};
}

Status decommission_command(const std::string& word, const UnlockRequest& request, const Tools& tools) {
  if (word.empty()) {
    KAITO_TRY(const std::string challenge, make_challenge(tools.places, tools.random));
    tools.terminal.print(challenge);
    return {};
  }
  KAITO_TRY(const auto proof, decommission(tools.places, word, request, tools.clock, tools.terminal));
  tools.say(fmt::format("decommissioned; the proof is {}. Keep it elsewhere: kaito ceremony verify checks it",
                        proof.string()));
  return {};
}

// How people prove that they may open the volume.
void add_people(CLI::App& command, UnlockRequest& request) {
  command.add_option("--share-file", request.share_files, "File with a recovery share; may be repeated");
  command.add_option("--key", request.keys, "Device of an officer's security key; may be repeated");
}

void add_ceremony(CLI::App& app, CeremonyOptions& options, std::function<void()> chosen) {
  auto* command = app.add_subcommand("ceremony", "Provision this machine, or go on with what was begun");
  command->add_option("--file", options.file, "The plan (ceremony-file.md); without it the one that was begun");
  command->add_flag("--start-over", options.start_over, "Forget a ceremony that has not ended");
  command->add_flag("--no-start", options.no_start, "Do not start kaitod at the end");
  command->callback(std::move(chosen));
}

void add_unlock(CLI::App& app, UnlockRequest& request, bool& unattended, std::function<void()> chosen) {
  auto* command = app.add_subcommand("unlock", "Open the volume and mount it");
  command->add_flag("--unattended", unattended, "Ask nobody");
  command->add_flag("--attended", request.only_people, "Without the TPM and the HSM");
  command->add_flag("--maintenance", request.maintenance, "Keep kaitod from serving");
  add_people(*command, request);
  command->callback(std::move(chosen));
}

}  // namespace

int run_command(int argc, const char* const* argv, Places places, const Clock& clock, Random& random,
                cli::Terminal& terminal) {
  const Tools tools{places, clock, random, terminal};
  std::function<Status()> chosen;
  CLI::App app("Provisions this machine and unlocks its volume. Needs root.", "kaito-boot");
  app.require_subcommand(1);
  CeremonyOptions plan;
  add_ceremony(app, plan, [&] { chosen = [&] { return ceremony(plan, tools); }; });
  UnlockRequest request;
  bool unattended = false;
  add_unlock(app, request, unattended, [&] {
    chosen = [&] {
      request.people = !unattended && request.share_files.empty() && request.keys.empty();
      return unlock_command(request, tools);
    };
  });
  bool as_json = false;
  auto* state = app.add_subcommand("status", "In which state this machine is");
  state->add_flag("--json", as_json, "As JSON");
  state->callback([&] { chosen = [&] { return status(as_json, tools); }; });
  std::string kept;
  auto* keep = app.add_subcommand("maintenance", "Keep kaitod from serving while the volume stays open");
  keep->add_option("on|off", kept, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
  keep->callback([&] { chosen = [&] { return maintenance(kept, tools); }; });
  const auto by_people = [&request] {
    request.people = request.share_files.empty() && request.keys.empty();
    return request;
  };
  std::string mode;
  auto* switching = app.add_subcommand("mode", "Whether the machine unlocks itself at boot or waits for people");
  switching->add_option("attended|unattended", mode, "attended or unattended")->required();
  add_people(*switching, request);
  switching->callback([&] { chosen = [&] { return mode_command(mode, by_people(), tools); }; });
  std::string word;
  auto* ending = app.add_subcommand("decommission", "Destroy the volume for ever, with a signed proof");
  ending->add_option("--confirm", word, "The word of the challenge that the command shows without it");
  add_people(*ending, request);
  ending->callback([&] { chosen = [&] { return decommission_command(word, by_people(), tools); }; });
  add_factory_reset(app, chosen, tools);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : traits(Code::usage).exit_code;
  }
  const Status done = chosen();
  if (done) return 0;
  terminal.note("kaito-boot: " + done.error().describe());
  return traits(done.error().code).exit_code;
}

}  // namespace kaito::boot
