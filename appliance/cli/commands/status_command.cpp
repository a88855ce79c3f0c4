#include "appliance/cli/commands/commands.hpp"

namespace kaito::cli {
namespace {

// Staff see everything; whoever is not logged in as staff learns whether codes can be given.
Status status(Context& context) {
  const auto full = context.call("GET", "/v1/status");
  if (full) {
    std::string text = record(full->as_object());
    if (const auto* time = full->as_object().if_contains("time"); time != nullptr && time->is_object())
      text += "\nTime\n" + record(time->get_object());
    if (const auto* hsm = full->as_object().if_contains("hsm"); hsm != nullptr && hsm->is_object())
      text += "\nHSM\n" + record(hsm->get_object());
    context.show(*full, text);
    return {};
  }
  // In another state than the operational one the appliance tells nobody more than the state.
  if (const Code code = full.error().code;
      code != Code::unauthenticated && code != Code::forbidden && code != Code::wrong_state)
    return fail(full.error());
  KAITO_TRY(ApiClient* const client, context.client());
  KAITO_TRY(const Response ready, client->send("GET", "/readyz"));
  KAITO_TRY(const auto body, ready.json());
  context.show_record(body);
  if (ready.status != 200) return fail(Code::hsm_unavailable, "not ready");
  return {};
}

}  // namespace

void add_status_command(CommandLine& line) {
  line.add(line.root(), "status", "Show how the appliance is; staff see its HSM and storage too", &status);
}

}  // namespace kaito::cli
