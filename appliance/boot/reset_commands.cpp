#include "appliance/boot/reset_commands.hpp"

#include "provisioning/factory_reset.hpp"
#include "provisioning/officers.hpp"

namespace kaito::boot {
namespace {

using namespace provisioning;  // NOLINT(google-build-using-namespace): its command line

struct Options {
  bool without_hsm = false;
  std::string key;
  std::string digest;
  std::string name;
};

Status prepare(const Options& options, const Tools& tools) {
  KAITO_TRY(const auto state, prepare_reset(tools.places, options.without_hsm, tools.clock, tools.random));
  tools.terminal.print(describe(state));
  tools.terminal.note("Nothing is destroyed yet. Each officer: kaito-boot factory-reset sign");
  return {};
}

Status sign(const Options& options, const Tools& tools) {
  const auto show = [&](const ResetState& state) { tools.terminal.print(describe(state)); };
  const auto ask = [&](const OfficerKeys& officers, const LineHash& hash) {
    return sign_by_officer(officers, hash, options.key, tools.terminal);
  };
  KAITO_TRY(const auto state, sign_reset(tools.places, show, ask, tools.clock));
  tools.terminal.note(
      fmt::format("{} has signed: {} of {}", state.officers.back(), state.officers.size(), state.needed));
  if (state.officers.size() >= state.needed)
    tools.terminal.note("To destroy it all: kaito-boot factory-reset execute --digest " + state.digest);
  return {};
}

// The name is not in the question: who types it knows at which machine they are.
Status execute(const Options& options, const Tools& tools) {
  std::string name = options.name;
  const auto record = read_volume_record(tools.places.volume());
  const bool goes_on = record && reset_begun(tools.places, *record, tools.clock);
  if (name.empty() && !goes_on) {
    KAITO_TRY(name, tools.terminal.ask("Type the host name of the appliance that is destroyed now"));
  }
  KAITO_TRY(const auto proof, execute_reset(tools.places, options.digest, name, tools.clock));
  tools.terminal.print(
      fmt::format("reset; the proof is {}. Keep it elsewhere, with the transcript of the ceremony: kaito ceremony "
                  "verify checks it. kaito-boot ceremony makes a new appliance\n",
                  proof.string()));
  return {};
}

}  // namespace

void add_factory_reset(CLI::App& app, std::function<Status()>& chosen, const Tools& tools) {
  const auto options = std::make_shared<Options>();
  auto* reset = app.add_subcommand("factory-reset", "Destroy everything and begin anew, by a quorum of officers");
  reset->require_subcommand(1);
  auto* preparing = reset->add_subcommand("prepare", "Write the text that officers sign for; destroys nothing");
  preparing->add_flag("--without-hsm", options->without_hsm, "Ask the HSM for nothing: its keys stay");
  preparing->callback([=, &chosen] { chosen = [=] { return prepare(*options, tools); }; });
  auto* signing = reset->add_subcommand("sign", "Show the text, and sign it with an officer's security key");
  signing->add_option("--key", options->key, "Device of the security key");
  signing->callback([=, &chosen] { chosen = [=] { return sign(*options, tools); }; });
  auto* executing = reset->add_subcommand("execute", "Destroy it all, or go on with what was begun");
  executing->add_option("--digest", options->digest, "SHA-256 of the text that was signed");
  executing->add_option("--confirm", options->name, "The appliance's host name; asked for without it");
  executing->callback([=, &chosen] { chosen = [=] { return execute(*options, tools); }; });
}

}  // namespace kaito::boot
