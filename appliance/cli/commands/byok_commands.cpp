#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/rotation_progress.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

struct ConnectOptions {
  std::string hsm;
  std::string key;
  bool make = false;
  bool destroy_old = false;
  bool wait = false;
};

void declare_connect(Arguments& arguments, ConnectOptions& options) {
  arguments.positional("HSM", options.hsm, "Name, as `kaito keys hsms` lists it");
  arguments.option("--key", options.key,
                   "The key there: pkcs11:object=NAME, with ;type=private for an RSA pair; without it one is made");
  arguments.flag("--make", options.make, "Make the key if it is missing");
  arguments.flag("--destroy-old", options.destroy_old, "Destroy the old versions as the last step");
  arguments.flag("--wait", options.wait, "Show the progress until it is done");
  arguments.explain(
      "Moves the org's key to its own HSM, while everybody works on. From then on codes need that HSM: when its key is "
      "disabled there, they stop within the org's lease.");
}

Status show_or_follow(Context& context, const json::value& rotation, bool wait) {
  if (!wait) {
    context.show_record(rotation);
    return {};
  }
  KAITO_TRY(const auto path, context.org_path("/key/rotations/" + text_at(rotation, "id")));
  return follow_rotation(context, path);
}

Status connect(Context& context, const ConnectOptions& options) {
  json::object body{{"hsm", options.hsm}};
  if (!options.key.empty()) body["key"] = options.key;
  if (options.make) body["make"] = true;
  if (options.destroy_old) body["destroy_old"] = true;
  KAITO_TRY(const auto path, context.org_path("/key/hsm"));
  KAITO_TRY(const auto rotation, context.call("POST", path, std::move(body)));
  return show_or_follow(context, rotation, options.wait);
}

struct DisconnectOptions {
  bool wait = false;
};

Status disconnect(Context& context, const DisconnectOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/key/hsm"));
  KAITO_TRY(const auto rotation, context.call("DELETE", path));
  return show_or_follow(context, rotation, options.wait);
}

struct CancelOptions {
  std::string rotation;
};

Status cancel_rotation(Context& context, const CancelOptions& options) {
  KAITO_TRY(const auto path, context.org_path("/key/rotations/" + options.rotation));
  KAITO_TRY(const auto rotation, context.call("DELETE", path));
  context.show_record(rotation);
  return {};
}

// The org's for its owners; all of them for staff who name no org.
Status hsms(Context& context) {
  KAITO_TRY(const auto org, context.own_org());
  if (org) {
    KAITO_TRY(const auto listed, context.list(fmt::format("/v1/orgs/{}/key/hsms", *org)));
    context.show_list(listed, {{"HSM", "name"}, {"STATE", "state"}});
    return {};
  }
  KAITO_TRY(const auto listed, context.list("/v1/hsms"));
  context.show_list(listed, {{"HSM", "name"},
                             {"STATE", "state"},
                             {"STARTS", "worker_starts"},
                             {"CRASHES", "worker_crashes"},
                             {"HANGS", "worker_hangs"},
                             {"FAILURE", "failure"}});
  return {};
}

}  // namespace

void add_byok_commands(CommandLine& line, CommandLine::Group keys) {
  line.add(keys, "hsms", "List the customers' HSMs, and how they are", &hsms);
  line.add<ConnectOptions>(keys, "connect", "Move the org's key to its own HSM (owners)", &declare_connect, &connect);
  line.add<DisconnectOptions>(
      keys, "disconnect", "Move the org's key back to the appliance's HSM (owners)",
      [](Arguments& arguments, DisconnectOptions& options) {
        arguments.flag("--wait", options.wait, "Show the progress until it is done");
      },
      &disconnect);
  line.add<CancelOptions>(
      keys, "cancel", "Give a rotation of the org's key up before it has moved anything",
      [](Arguments& arguments, CancelOptions& options) {
        arguments.positional("ROTATION", options.rotation, "Id, as `kaito keys rotations` lists it");
      },
      &cancel_rotation);
}

}  // namespace kaito::cli
