#include "appliance/audit/key_certificate.hpp"
#include "appliance/base/file.hpp"
#include "appliance/cli/commands/commands.hpp"
#include "appliance/cli/commands/rotation_progress.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;

const std::vector<Column> kRotationColumns{
    {"ID", "id"},       {"KEY", "kind"},  {"FROM", "from_version"}, {"TO", "to_version"},      {"STATE", "state"},
    {"PHASE", "phase"}, {"DONE", "done"}, {"OF", "total"},          {"STARTED", "started_at"}, {"ENDED", "ended_at"}};

// The org's rotations for its owners; all of them for staff who name no org.
Result<std::string> rotations_path(Context& context, std::string_view rest = {}) {
  KAITO_TRY(const auto org, context.own_org());
  return fmt::format("{}{}", org ? fmt::format("/v1/orgs/{}/key/rotations", *org) : "/v1/key-rotations", rest);
}

Status list_key_versions(Context& context) {
  KAITO_TRY(const auto org, context.own_org());
  if (!org) {
    KAITO_TRY(const auto keys, context.call("GET", "/v1/keys"));  // has no pages
    context.show_list(keys.as_object(), {{"KEY", "kind"},
                                         {"VERSION", "version"},
                                         {"STATE", "state"},
                                         {"ORG KEYS", "wraps"},
                                         {"CREATED", "created_at"},
                                         {"DESTROYED", "destroyed_at"}});
    return {};
  }
  KAITO_TRY(const auto key, context.call("GET", fmt::format("/v1/orgs/{}/key", *org)));
  const auto& object = key.as_object();
  std::string text = table(object.at("versions").as_array(), {{"VERSION", "version"},
                                                              {"CREATED", "created_at"},
                                                              {"ENCRYPTIONS", "encryptions"},
                                                              {"PLATFORM KEY", "platform_version"},
                                                              {"IMPORTED", "check_value"},
                                                              {"HSM", "hsm"},
                                                              {"KEY THERE", "hsm_key"}});
  if (const auto* hsm = object.if_contains("hsm"))
    text += fmt::format("the org's own HSM {} is {}\n", text_at(*hsm, "name"), text_at(*hsm, "state"));
  if (const auto* rotation = object.if_contains("rotation")) text += progress_line(rotation->as_object()) + "\n";
  context.show(key, text);
  return {};
}

Status show_rotation(Context& context, const json::value& rotation) {
  context.show_record(rotation);
  return {};
}

struct RotateOptions {
  std::string kind;
  bool destroy_old = false;
  bool wait = false;
};

void declare_rotate(Arguments& arguments, RotateOptions& options) {
  arguments.positional("KEY", options.kind, "platform, audit, backup, or org for the org's");
  arguments.flag("--destroy-old", options.destroy_old, "Destroy the old versions as the last step");
  arguments.flag("--wait", options.wait, "Show the progress until it is done");
}

Status rotate(Context& context, const RotateOptions& options) {
  json::object body;
  if (options.destroy_old) body["destroy_old"] = true;
  std::string path = "/v1/key-rotations";
  if (options.kind == "org") {
    KAITO_TRY(path, context.org_path("/key/rotations"));
  } else {
    body["kind"] = options.kind;
  }
  KAITO_TRY(const auto rotation, context.call("POST", path, std::move(body)));
  if (!options.wait) return show_rotation(context, rotation);
  return follow_rotation(context, fmt::format("{}/{}", path, text_at(rotation, "id")));
}

Status rotations(Context& context) {
  KAITO_TRY(const auto path, rotations_path(context));
  KAITO_TRY(const auto listed, context.list(path));
  context.show_list(listed, kRotationColumns);
  return {};
}

struct RotationOptions {
  std::string rotation;
};

void declare_rotation(Arguments& arguments, RotationOptions& options) {
  arguments.positional("ROTATION", options.rotation, "Id, as `kaito keys rotations` lists it");
}

Status show_one_rotation(Context& context, const RotationOptions& options) {
  KAITO_TRY(const auto path, rotations_path(context, "/" + options.rotation));
  KAITO_TRY(const auto rotation, context.call("GET", path));
  return show_rotation(context, rotation);
}

Status watch(Context& context, const RotationOptions& options) {
  KAITO_TRY(const auto path, rotations_path(context, "/" + options.rotation));
  return follow_rotation(context, path);
}

Status set_paused(Context& context, const RotationOptions& options, bool paused) {
  KAITO_TRY(const auto path, rotations_path(context, "/" + options.rotation));
  KAITO_TRY(const auto rotation, context.call("PATCH", path, json::object{{"paused", paused}}));
  return show_rotation(context, rotation);
}

Status pause(Context& context, const RotationOptions& options) { return set_paused(context, options, true); }
Status resume(Context& context, const RotationOptions& options) { return set_paused(context, options, false); }

Status destroy(Context& context, const RotationOptions& options) {
  KAITO_TRY(const auto path, rotations_path(context, "/" + options.rotation));
  KAITO_CHECK(context.call("POST", path + "/destruction", json::object{}));
  return follow_rotation(context, path);
}

struct RotationCertificateOptions {
  std::string rotation;
  bool destroyed = false;
  std::string output = "-";
};

void declare_rotation_certificate(Arguments& arguments, RotationCertificateOptions& options) {
  arguments.positional("ROTATION", options.rotation, "Id, as `kaito keys rotations` lists it");
  arguments.flag("--destroyed", options.destroyed, "The one about the destruction of the old versions");
  arguments.option("-o,--output", options.output, "The file; stdout when not given");
}

Status rotation_certificate(Context& context, const RotationCertificateOptions& options) {
  KAITO_TRY(const auto path, rotations_path(context, "/" + options.rotation + "/certificates"));
  KAITO_TRY(const auto listed, context.call("GET", path));  // has no pages
  const std::string_view wanted = options.destroyed ? "destroyed" : "no_reference";
  for (const auto& item : listed.at("items").as_array()) {
    if (text_at(item, "kind") != wanted) continue;
    // A signed note is kept byte for byte.
    const std::string note = text_at(item, "note");
    if (options.output != "-") return write_file_atomically(options.output, as_bytes(note));
    context.show(item, note);
    return {};
  }
  return fail(Error{.code = Code::not_found, .field = "certificate", .reason = "is not issued yet"});
}

struct VerifyCertificateOptions {
  std::string file;
  std::vector<std::string> keys;
};

void declare_verify_certificate(Arguments& arguments, VerifyCertificateOptions& options) {
  arguments.positional("FILE", options.file, "A certificate");
  arguments.option("--key", options.keys,
                   "Verifier key that it must be signed with, noted from `kaito audit keys`; may be repeated");
  arguments.explain("Works offline. Exit code 13: it was changed, or is signed by none of the keys.");
}

Status verify_certificate(Context& context, const VerifyCertificateOptions& options) {
  if (options.keys.empty()) return fail(Code::usage, "--key is needed: a certificate does not vouch for its own key");
  std::vector<audit::VerifierKey> trusted;
  for (const auto& text : options.keys) {
    KAITO_TRY(auto key, audit::VerifierKey::parse(text));
    trusted.push_back(std::move(key));
  }
  KAITO_TRY(const std::string note, read_file(options.file, audit::kMaxKeyCertificate));
  const auto opened = audit::open_key_certificate(note, trusted);
  if (!opened)
    return fail(Error{.code = Code::integrity, .detail = options.file + " does not verify: " + opened.error().detail});
  json::array fields;
  json::array signers;
  std::string text;
  for (const auto& [name, value] : opened->fields) {
    fields.push_back(json::object{{"name", name}, {"value", value}});
    text += fmt::format("{}: {}\n", name, value);
  }
  for (const auto& key : opened->signers) {
    signers.emplace_back(key.str());
    text += fmt::format("\nverified with {}\n", key.str());
  }
  context.show(json::object{{"fields", fields}, {"signers", signers}}, text);
  return {};
}

struct ShredOptions {
  bool wait = false;
};

Status shred(Context& context, const ShredOptions& options) {
  KAITO_TRY(const auto rotation, context.call("POST", "/v1/shreds", json::object{}));
  if (!options.wait) return show_rotation(context, rotation);
  return follow_rotation(context, "/v1/key-rotations/" + text_at(rotation, "id"));
}

Status deleted(Context& context) {
  KAITO_TRY(const auto listed, context.list("/v1/shreds"));
  context.show_list(
      listed, {{"ORG", "org"}, {"DELETED", "deleted_at"}, {"SHREDDED", "shredded_at"}, {"BY ROTATION", "rotation"}});
  return {};
}

struct ReconcileOptions {
  std::optional<std::int64_t> hours;
};

Status reconcile(Context& context, const ReconcileOptions& options) {
  std::string rest = "/key/reconciliation";
  if (options.hours) rest += fmt::format("?hours={}", *options.hours);
  KAITO_TRY(const auto path, context.org_path(rest));
  KAITO_TRY(const auto report, context.call("GET", path));
  json::object numbers = report.as_object();
  numbers.erase("explanations");
  std::string text = record(numbers);
  for (const auto& line : report.at("explanations").as_array()) text += "\n" + cell(&line) + "\n";
  context.show(report, text);
  if (!report.at("matches").as_bool()) context.partly_done();
  return {};
}

}  // namespace

void add_keys_commands(CommandLine& line) {
  const auto keys = line.group("keys", "Keys in the HSM and the org's key: list, rotate, watch, destroy, verify, …");
  line.add(keys, "list", "List the versions of the keys", &list_key_versions);
  line.add<RotateOptions>(keys, "rotate", "Rotate a key to its next version", &declare_rotate, &rotate);
  line.add(keys, "rotations", "List rotations", &rotations);
  line.add<RotationOptions>(keys, "show", "Show a rotation", &declare_rotation, &show_one_rotation);
  line.add<RotationOptions>(keys, "watch", "Show a rotation's progress until it is done", &declare_rotation, &watch);
  line.add<RotationOptions>(keys, "pause", "Let a rotation rest", &declare_rotation, &pause);
  line.add<RotationOptions>(keys, "resume", "Let a rotation that rests or has failed go on", &declare_rotation,
                            &resume);
  line.add<RotationOptions>(keys, "destroy", "Destroy the versions that a rotation has replaced", &declare_rotation,
                            &destroy);
  line.add<RotationCertificateOptions>(keys, "certificate", "Write a rotation's signed certificate",
                                       &declare_rotation_certificate, &rotation_certificate);
  line.add<VerifyCertificateOptions>(keys, "verify", "Verify a certificate offline", &declare_verify_certificate,
                                     &verify_certificate);
  line.add<ShredOptions>(
      keys, "shred", "Shred all deleted orgs now (security officers)",
      [](Arguments& arguments, ShredOptions& options) {
        arguments.flag("--wait", options.wait, "Show the progress until it is done");
      },
      &shred);
  add_byok_commands(line, keys);
  line.add(keys, "deleted", "List deleted orgs, and whether they are shredded", &deleted);
  line.add<ReconcileOptions>(
      keys, "reconcile", "Compare openings of the org's seeds with the audit log (owners, auditors)",
      [](Arguments& arguments, ReconcileOptions& options) {
        arguments.option("--hours", options.hours, "How far to look back; 24 when not given");
        arguments.explain("Exit code 1: the numbers do not match; the lines below them say what can explain it.");
      },
      &reconcile);
  add_key_import_commands(line, keys);
}

}  // namespace kaito::cli
