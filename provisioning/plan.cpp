#include "provisioning/plan.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

#include "luks/header/strict_json.hpp"
#include "provisioning/certificate_request.hpp"
#include "provisioning/plan_fields.hpp"

namespace kaito::provisioning {
namespace {

namespace json = boost::json;
using Fields = PlanFields;

constexpr unsigned kMaxShares = 32;
constexpr std::size_t kMaxKeys = 16;  // of a quorum
constexpr std::size_t kMaxName = 48;  // of an officer; a key's own name is longer

Status read_volume(const Fields& fields, Plan& plan) {
  KAITO_CHECK(fields.only({"device", "erase_serial", "integrity"}));
  KAITO_TRY(plan.device, fields.text("device"));
  KAITO_TRY(plan.erase_serial, fields.text_or_nothing("erase_serial"));
  KAITO_TRY(plan.integrity, fields.boolean_or("integrity", false));
  return {};
}

Status read_recovery(const Fields& fields, RecoveryPlan& recovery) {
  KAITO_CHECK(fields.only({"threshold", "shares", "directory", "descriptor", "terminal"}));
  KAITO_TRY(const auto threshold, fields.number("threshold", 2, kMaxShares));
  KAITO_TRY(const auto shares, fields.number("shares", 2, kMaxShares));
  recovery.threshold = static_cast<unsigned>(threshold);
  recovery.shares = static_cast<unsigned>(shares);
  KAITO_TRY(recovery.directory, fields.text_or_nothing("directory"));
  KAITO_TRY(recovery.terminal, fields.boolean_or("terminal", false));
  if (fields.has("descriptor")) {
    KAITO_TRY(const auto descriptor, fields.number("descriptor", 3, 1023));
    recovery.descriptor = static_cast<int>(descriptor);
  }
  return {};
}

Status read_tpm(const Fields& fields, Plan& plan) {
  KAITO_CHECK(fields.only({"use", "pcrs"}));
  KAITO_TRY(const std::string use, fields.text("use"));
  if (use == "if-present")
    plan.tpm = TpmUse::if_present;
  else if (use == "required")
    plan.tpm = TpmUse::required;
  else if (use == "none")
    plan.tpm = TpmUse::none;
  else
    return fields.refuse("use", "is none of if-present, required, none");
  if (!fields.has("pcrs")) return {};
  plan.pcrs.clear();
  KAITO_TRY(const auto* const pcrs, fields.array("pcrs", 24));
  for (const auto& item : *pcrs) {
    if (!item.is_int64() || item.get_int64() < 0 || item.get_int64() > 23)
      return fields.refuse("pcrs", "holds something that is no register from 0 to 23");
    plan.pcrs.push_back(static_cast<unsigned>(item.get_int64()));
  }
  return {};
}

Status read_officers(const Fields& fields, OfficersPlan& plan) {
  KAITO_CHECK(fields.only({"threshold", "pin", "officers"}));
  KAITO_TRY(const auto threshold, fields.number("threshold", 2, kMaxKeys));
  plan.threshold = static_cast<unsigned>(threshold);
  KAITO_TRY(plan.pin, fields.boolean_or("pin", true));
  KAITO_TRY(const auto* const officers, fields.array("officers", kMaxKeys));
  for (const auto& item : *officers) {
    if (!item.is_object()) return fields.refuse("officers", "holds something that is no object");
    const Fields one(item.get_object(), fields.place() + ".officers");
    KAITO_CHECK(one.only({"name", "keys"}));
    OfficersPlan::Officer officer;
    KAITO_TRY(officer.name, one.text("name", kMaxName));
    KAITO_TRY(officer.keys, one.texts("keys"));
    plan.officers.push_back(std::move(officer));
  }
  return {};
}

Result<Plan> read_plan(const json::object& object) {
  const Fields file(object, {});
  KAITO_CHECK(
      file.only({"version", "host_names", "hsm", "volume", "recovery", "tpm2", "fido2", "mode", "tls", "time"}));
  KAITO_CHECK(file.number("version", 1, 1));
  Plan plan;
  KAITO_TRY(plan.host_names, file.texts("host_names"));
  KAITO_TRY(const Fields volume, file.object("volume"));
  KAITO_CHECK(read_volume(volume, plan));
  KAITO_TRY(const Fields recovery, file.object("recovery"));
  KAITO_CHECK(read_recovery(recovery, plan.recovery));
  if (file.has("hsm")) {
    KAITO_TRY(const Fields hsm, file.object("hsm"));
    KAITO_TRY(plan.hsm, parse_hsm_plan(hsm));
  }
  if (file.has("tpm2")) {
    KAITO_TRY(const Fields tpm, file.object("tpm2"));
    KAITO_CHECK(read_tpm(tpm, plan));
  }
  if (file.has("fido2")) {
    KAITO_TRY(const Fields fido, file.object("fido2"));
    KAITO_CHECK(read_officers(fido, plan.officers.emplace()));
  }
  if (file.has("mode")) {
    KAITO_TRY(const std::string mode, file.text("mode"));
    KAITO_TRY(plan.mode, unlock_mode(mode));
  }
  if (file.has("tls")) {
    KAITO_TRY(const Fields tls, file.object("tls"));
    KAITO_CHECK(tls.only({"csr_subject"}));
    KAITO_TRY(plan.csr_subject, tls.text_or_nothing("csr_subject"));
  }
  if (file.has("time")) {
    KAITO_TRY(const Fields time, file.object("time"));
    KAITO_CHECK(time.only({"nts_servers"}));
    KAITO_TRY(plan.nts_servers, time.texts("nts_servers"));
  }
  return plan;
}

json::array list(const auto& items) {
  json::array result;
  for (const auto& item : items) result.emplace_back(item);
  return result;
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '-' && name.front() != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

bool has_twice(std::vector<unsigned> numbers) {
  std::ranges::sort(numbers);
  return std::ranges::adjacent_find(numbers) != numbers.end();
}

std::unexpected<Error> wrong(std::string detail) { return fail(Code::configuration, std::move(detail)); }

// These go into kaitod.conf, a line each.
Status check_texts(const HsmPlan& hsm) {
  const auto plain = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c != '"' && c != '\\' && c != 0x7f; });
  };
  if (!plain(hsm.token_uri) || !plain(hsm.module.string()) || !plain(hsm.module_arguments) ||
      !std::ranges::all_of(hsm.module_environment, plain))
    return wrong("hsm: quotes, backslashes and control characters are not taken");
  if (hsm.token_uri.find("pin-value") != std::string::npos)
    return wrong("hsm: a PIN does not belong into the URI; name its file with pin-source=file:/…");
  return {};
}

Status check_recovery(const RecoveryPlan& recovery) {
  const int places = (recovery.directory.empty() ? 0 : 1) + (recovery.descriptor ? 1 : 0) + (recovery.terminal ? 1 : 0);
  if (places != 1) return wrong("recovery: exactly one of directory, descriptor, terminal says where the shares go");
  if (!recovery.directory.empty() && !recovery.directory.is_absolute())
    return wrong("recovery: the directory must be an absolute path");
  if (recovery.threshold < 2 || recovery.threshold > recovery.shares || recovery.shares > kMaxShares)
    return wrong("recovery: 2 <= threshold <= shares <= 32");
  return {};
}

Status check_officers(const OfficersPlan& plan) {
  if (plan.threshold < 2 || plan.threshold > plan.officers.size())
    return wrong("fido2: the threshold is 2 to the number of officers");
  std::size_t keys = 0;
  std::vector<std::string> names;
  for (const auto& officer : plan.officers) {
    if (officer.name.empty() || officer.name.size() > kMaxName)
      return wrong(fmt::format("fido2: an officer's name has 1 to {} characters", kMaxName));
    if (officer.keys.size() > 2) return wrong("fido2: an officer has one key or two");
    if (std::ranges::find(names, officer.name) != names.end()) return wrong("fido2: two officers have one name");
    names.push_back(officer.name);
    keys += officer.keys.empty() ? 2 : officer.keys.size();
  }
  if (keys > kMaxKeys) return wrong("fido2: more than 16 keys");
  return {};
}

}  // namespace

Result<HsmPlan> parse_hsm_plan(const PlanFields& fields) {
  HsmPlan hsm;
  KAITO_TRY(const std::string kind, fields.text("kind"));
  if (kind == "embedded") {
    KAITO_CHECK(fields.only({"kind"}));
    return hsm;
  }
  if (kind != "external") return fields.refuse("kind", "is neither embedded nor external");
  KAITO_CHECK(fields.only({"kind", "token_uri", "module", "module_arguments", "module_environment", "unlock"}));
  KAITO_TRY(hsm.token_uri, fields.text("token_uri"));
  KAITO_TRY(hsm.module, fields.text_or_nothing("module"));
  KAITO_TRY(hsm.module_arguments, fields.text_or_nothing("module_arguments"));
  KAITO_TRY(hsm.module_environment, fields.texts("module_environment"));
  KAITO_TRY(hsm.unlock, fields.boolean_or("unlock", false));
  return hsm;
}

Result<Plan> parse_plan(std::string_view text) {
  auto object = luks::parse_strict_json(text, kMaxPlan);
  if (!object) return wrong("the ceremony's file is no JSON object: " + object.error().detail);
  KAITO_TRY(auto plan, read_plan(*object));
  KAITO_CHECK(check(plan));
  return plan;
}

Status check(const Plan& plan) {
  if (plan.host_names.empty()) return wrong("host_names: at least one name that clients use");
  for (const auto& name : plan.host_names)
    if (!is_host_name(name)) return wrong("host_names: " + name + " is no host name");
  if (!plan.device.is_absolute()) return wrong("volume: the device must be an absolute path");
  KAITO_CHECK(check_texts(plan.hsm));
  if (plan.hsm.unlock && plan.hsm.embedded())
    return wrong("hsm: the embedded token lies on the volume itself, so it cannot unlock it");
  KAITO_CHECK(check_recovery(plan.recovery));
  if (plan.pcrs.empty()) return wrong("tpm2: pcrs must name a register");
  if (has_twice(plan.pcrs)) return wrong("tpm2: pcrs names a register twice");
  if (plan.officers) KAITO_CHECK(check_officers(*plan.officers));
  if (plan.mode == UnlockMode::unattended && plan.tpm == TpmUse::none && !plan.hsm.unlock)
    return wrong("mode: unattended needs the TPM or an HSM that unlocks");
  if (!plan.csr_subject.empty()) KAITO_CHECK(check_subject(plan.csr_subject));
  for (const auto& server : plan.nts_servers)
    if (!is_host_name(server)) return wrong("time: " + server + " is no host name");
  return {};
}

json::object to_json(const HsmPlan& hsm) {
  json::object object{{"kind", hsm.embedded() ? "embedded" : "external"}};
  if (hsm.embedded()) return object;
  object["token_uri"] = hsm.token_uri;
  if (!hsm.module.empty()) object["module"] = hsm.module.string();
  if (!hsm.module_arguments.empty()) object["module_arguments"] = hsm.module_arguments;
  object["module_environment"] = list(hsm.module_environment);
  object["unlock"] = hsm.unlock;
  return object;
}

json::object to_json(const Plan& plan) {
  json::object object{{"version", 1}, {"host_names", list(plan.host_names)}};
  object["hsm"] = to_json(plan.hsm);
  json::object volume{{"device", plan.device.string()}, {"integrity", plan.integrity}};
  if (!plan.erase_serial.empty()) volume["erase_serial"] = plan.erase_serial;
  object["volume"] = std::move(volume);
  json::object recovery{{"threshold", plan.recovery.threshold}, {"shares", plan.recovery.shares}};
  if (!plan.recovery.directory.empty()) recovery["directory"] = plan.recovery.directory.string();
  if (plan.recovery.descriptor) recovery["descriptor"] = *plan.recovery.descriptor;
  if (plan.recovery.terminal) recovery["terminal"] = true;
  object["recovery"] = std::move(recovery);
  const std::string_view use = plan.tpm == TpmUse::none       ? "none"
                               : plan.tpm == TpmUse::required ? "required"
                                                              : "if-present";
  object["tpm2"] = json::object{{"use", use}, {"pcrs", list(plan.pcrs)}};
  if (plan.officers) {
    json::array officers;
    for (const auto& officer : plan.officers->officers)
      officers.emplace_back(json::object{{"name", officer.name}, {"keys", list(officer.keys)}});
    object["fido2"] = json::object{
        {"threshold", plan.officers->threshold}, {"pin", plan.officers->pin}, {"officers", std::move(officers)}};
  }
  object["mode"] = to_string(plan.mode);
  if (!plan.csr_subject.empty()) object["tls"] = json::object{{"csr_subject", plan.csr_subject}};
  object["time"] = json::object{{"nts_servers", list(plan.nts_servers)}};
  return object;
}

std::string_view to_string(UnlockMode mode) noexcept {
  return mode == UnlockMode::attended ? "attended" : "unattended";
}

Result<UnlockMode> unlock_mode(std::string_view text) {
  if (text == "attended") return UnlockMode::attended;
  if (text == "unattended") return UnlockMode::unattended;
  return wrong(fmt::format("mode: {} is neither attended nor unattended", text));
}

}  // namespace kaito::provisioning
