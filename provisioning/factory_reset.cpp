#include "provisioning/factory_reset.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "appliance/base/json_text.hpp"
#include "luks/header/strict_json.hpp"
#include "provisioning/ceremony_run.hpp"
#include "provisioning/hsm_keys.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/reset_end.hpp"
#include "provisioning/service_settings.hpp"
#include "provisioning/transcript_file.hpp"
#include "provisioning/volume_end.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kMaxInventory = 4096;
constexpr std::string_view kEmbedded = "embedded: its keys are on the volume, and go with it";
constexpr std::string_view kWithoutHsm = "not asked: the keys in it stay, and the audit key does not sign";

// The machine, with all that this file asks of it.
struct Machine {
  const Places& places;
  const Clock& clock;
  VolumeRecord record;
  TranscriptFile ceremony;
  OfficerKeys officers;
  TranscriptFile proof;
};

Result<Machine> examine(const Places& places, const Clock& clock) {
  KAITO_TRY(auto record, read_volume_record(places.volume()));
  KAITO_TRY(auto ceremony, TranscriptFile::open(places.transcript(), clock));
  if (!ceremony.is_signed())
    return fail(Code::wrong_state,
                "the ceremony has not ended, so nothing is of value: kaito-boot ceremony --start-over");
  auto officers = officer_keys(ceremony.lines());
  if (!officers)
    return fail(std::move(officers).error().within(
        "a factory reset needs officers' security keys; who holds recovery shares can "
        "kaito-boot decommission"));
  KAITO_TRY(auto proof, TranscriptFile::open(reset_file(places, record), clock));
  return Machine{.places = places,
                 .clock = clock,
                 .record = std::move(record),
                 .ceremony = std::move(ceremony),
                 .officers = *std::move(officers),
                 .proof = std::move(proof)};
}

// Of the statement that the audit key signed at the ceremony's end: "log: ORIGIN".
std::string appliance_of(const TranscriptFile& ceremony) {
  const auto note = fact(ceremony.lines().back().event.facts, "note");
  return std::string(reset_line(note, "log"));
}

Status check_not_serving(const Places& places) {
  std::error_code ignored;
  if (!is_mounted(places) || std::filesystem::exists(places.maintenance, ignored)) return {};
  return fail(Code::wrong_state, "kaitod may be serving; stop it first: kaito-boot maintenance on");
}

Result<ResetSubject::Contents> count_contents(const Places& places) {
  KAITO_TRY(const std::string text, run_kaitod(places, "inventory"));
  KAITO_TRY(const auto object, luks::parse_strict_json(text, kMaxInventory));
  ResetSubject::Contents contents;
  for (const auto& [name, into] : {std::pair{"orgs", &contents.orgs}, std::pair{"seeds", &contents.seeds}}) {
    const auto* const value = object.if_contains(name);
    if (!value || !value->is_int64() || value->get_int64() < 0)
      return fail(Code::internal, "kaitod inventory gave no count");
    *into = static_cast<std::uint64_t>(value->get_int64());
  }
  return contents;
}

std::vector<std::string> ways_or_unknown(const VolumeRecord& record) {
  const auto volume = luks::Volume::load(record.present_device());
  if (!volume || volume->facts().uuid != record.uuid) return {"unknown, the header cannot be read"};
  const auto enrolled = enrolled_ways(*volume);
  if (!enrolled) return {"unknown, the header cannot be read"};
  std::vector<std::string> names;
  for (const auto& way : *enrolled) names.emplace_back(way_name(way.record));
  return names;
}

Facts noted_disk(const TranscriptFile& ceremony) {
  const TranscriptLine* const line = ceremony.done("disk");
  return line ? line->event.facts : Facts{};
}

Result<ResetSubject> look(const Machine& machine, bool without_hsm) {
  KAITO_CHECK(check_not_serving(machine.places));
  const VolumeRecord& record = machine.record;
  std::error_code ignored;
  if (!std::filesystem::exists(record.present_device(), ignored))
    return fail(Code::not_found, fmt::format("the volume's disk {} is not there", record.device.string()));
  ResetSubject subject{.host = std::string(fact(machine.ceremony.lines().front().event.facts, "host_name")),
                       .appliance = appliance_of(machine.ceremony),
                       .ceremony = hash_line(to_text(machine.ceremony.lines().back())),
                       .volume = record.uuid,
                       .device = record.device.string(),
                       .serial = std::string(fact(noted_disk(machine.ceremony), "serial")),
                       .ways = ways_or_unknown(record),
                       .hsm = std::string(without_hsm ? kWithoutHsm : kEmbedded),
                       .needed = machine.officers.threshold};
  if (is_mounted(machine.places)) {
    KAITO_TRY(subject.contents, count_contents(machine.places));
  }
  if (without_hsm) return subject;
  KAITO_TRY(const Plan plan, kept_plan(machine.places, machine.clock));
  if (plan.hsm.embedded()) return subject;
  KAITO_TRY(auto held, keys_in_hsm(plan.hsm, machine.places, machine.clock));
  subject.hsm = std::move(held.token);
  subject.hsm_keys = std::move(held.keys);
  return subject;
}

bool leaves_hsm(std::string_view text) {
  std::string value;
  append_json_string(value, kWithoutHsm);
  return reset_line(text, "hsm") == value;
}

// Nothing can be added or taken back any more.
bool is_complete(const TranscriptFile& proof) {
  const auto read = read_reset_proof(proof.lines());
  return read && !read->confirmed.empty() && (fact(read->confirmed, "audit_key") != "signs" || proof.is_signed());
}

Result<ResetState> state_of(const Machine& machine) {
  KAITO_TRY(const ResetProof proof, read_reset_proof(machine.proof.lines()));
  ResetState state{.text = proof.text,
                   .digest = to_hex(hash_line(proof.text)),
                   .officers = {},
                   .needed = machine.officers.threshold};
  KAITO_TRY(state.officers, signers_of(proof, machine.officers));
  return state;
}

// What was prepared, if it is still of this moment and of what is there.
Result<ResetState> still_right(const Machine& machine) {
  if (machine.proof.lines().empty())
    return fail(Code::not_found, "nothing is prepared; kaito-boot factory-reset prepare does it");
  if (is_complete(machine.proof))
    return fail(Code::wrong_state, "a factory reset has begun; kaito-boot factory-reset execute goes on with it");
  KAITO_TRY(auto state, state_of(machine));
  const auto expires = from_rfc3339(reset_line(state.text, "expires-at"));
  if (!expires || machine.clock.now() >= *expires)
    return fail(Code::wrong_state, "the text has expired; prepare another one");
  KAITO_TRY(const ResetSubject subject, look(machine, leaves_hsm(state.text)));
  if (subject_text(subject) != subject_of(state.text))
    return fail(Code::conflict, "what would be destroyed is not what the text says any more; prepare another one");
  return state;
}

Status check_confirmation(const ResetState& state, std::string_view digest, std::string_view typed,
                          const Machine& machine) {
  if (state.officers.size() < state.needed)
    return fail(Code::forbidden, fmt::format("{} of {} officers have signed", state.officers.size(), state.needed));
  if (digest != state.digest)
    return fail(Code::forbidden, "that is not the digest of the text that was signed; nothing was destroyed");
  if (typed != fact(machine.ceremony.lines().front().event.facts, "host_name"))
    return fail(Code::forbidden, "that is not this machine's name; nothing was destroyed");
  return {};
}

Status complete_proof(Machine& machine, const ResetState& state, std::string_view typed) {
  const bool signs = is_mounted(machine.places) && !leaves_hsm(state.text);
  KAITO_TRY(const ResetProof read, read_reset_proof(machine.proof.lines()));
  // A confirmation that waits for the audit key's signature is there already.
  if (read.confirmed.empty())
    KAITO_CHECK(machine.proof.append({.event = std::string(kResetConfirmed),
                                      .step = {},
                                      .facts = {{"typed", std::string(typed)},
                                                {"digest", state.digest},
                                                {"audit_key", signs ? "signs" : "does not answer"}}}));
  if (!signs) return {};
  KAITO_TRY(std::string note, run_kaitod(machine.places, "sign-transcript", machine.proof.text()));
  return machine.proof.sign(std::move(note));
}

}  // namespace

std::string describe(const ResetState& state) {
  const auto signers =
      state.officers.empty() ? std::string("nobody") : fmt::format("{}", fmt::join(state.officers, ", "));
  return fmt::format("{}\ndigest: {}\nsigned by {} ({} of {})\n", state.text, state.digest, signers,
                     state.officers.size(), state.needed);
}

Result<ResetState> prepare_reset(const Places& places, bool without_hsm, const Clock& clock, Random& random) {
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(Machine machine, examine(places, clock));
  if (is_complete(machine.proof))
    return fail(Code::wrong_state, "a factory reset has begun; kaito-boot factory-reset execute goes on with it");
  KAITO_TRY(const ResetSubject subject, look(machine, without_hsm));
  ByteArray<kNonceBytes> nonce{};
  random.fill(nonce);
  const auto now = clock.now();
  const std::string text = reset_text(subject, nonce, now, now + kResetValid);
  std::error_code failed;
  std::filesystem::remove(reset_file(places, machine.record), failed);
  if (failed) return fail(Code::storage_failed, failed.message());
  KAITO_TRY(machine.proof, TranscriptFile::open(reset_file(places, machine.record), clock));
  KAITO_CHECK(machine.proof.append({.event = "begin",
                                    .step = {},
                                    .facts = {{"ceremony", std::string(kResetKind)},
                                              {"host_name", subject.host},
                                              {"volume", subject.volume},
                                              {"text", text}}}));
  return state_of(machine);
}

Result<ResetState> sign_reset(const Places& places, const ShowText& show, const AskKey& ask, const Clock& clock) {
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(Machine machine, examine(places, clock));
  KAITO_TRY(const ResetState state, still_right(machine));
  KAITO_TRY(const ResetProof before, read_reset_proof(machine.proof.lines()));
  if (!before.confirmed.empty())
    return fail(Code::wrong_state, "it is confirmed already and waits for the audit key; execute it");
  show(state);
  KAITO_TRY(auto answer, ask(machine.officers, hash_line(state.text)));
  const OfficerSignature signature{.credential = std::move(answer.credential),
                                   .authenticator_data = std::move(answer.authenticator_data),
                                   .signature = std::move(answer.signature)};
  KAITO_TRY(const std::string officer, verify_officer(machine.officers, state.text, signature));
  if (std::ranges::find(state.officers, officer) != state.officers.end())
    return fail(Code::conflict, officer + " has signed already");
  KAITO_CHECK(
      machine.proof.append({.event = std::string(kResetApproved), .step = {}, .facts = to_facts(signature, officer)}));
  return state_of(machine);
}

Result<std::filesystem::path> execute_reset(const Places& places, std::string_view digest, std::string_view typed,
                                            const Clock& clock) {
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(const VolumeRecord record, read_volume_record(places.volume()));
  if (!reset_begun(places, record, clock)) {
    KAITO_TRY(Machine machine, examine(places, clock));
    KAITO_TRY(const ResetState state, still_right(machine));
    KAITO_CHECK(check_confirmation(state, digest, typed, machine));
    KAITO_CHECK(complete_proof(machine, state, typed));
  }
  KAITO_CHECK(end_reset(places, record, clock));
  return reset_file(places, record);
}

bool reset_begun(const Places& places, const VolumeRecord& record, const Clock& clock) {
  const auto proof = TranscriptFile::open(reset_file(places, record), clock);
  return proof && is_complete(*proof);
}

}  // namespace kaito::provisioning
