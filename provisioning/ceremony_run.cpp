#include "provisioning/ceremony_run.hpp"

#include <boost/json/serialize.hpp>

#include "appliance/base/file.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/service_settings.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

std::string plan_text(const Plan& plan) { return boost::json::serialize(to_json(plan)) + "\n"; }

std::string plan_hash(const Plan& plan) { return to_hex(hash_line(plan_text(plan))); }

// The transcript says which plan its steps were of; ceremony.json beside it could have been edited since.
bool has_another_plan(const TranscriptFile& transcript, const Plan& plan) {
  return !transcript.lines().empty() && fact(transcript.lines().front().event.facts, "plan_sha256") != plan_hash(plan);
}

// The record of the volume first: without its transcript it would be a contradiction.
Status discard(const Places& places) {
  KAITO_CHECK(close_volume(places));
  std::error_code failed;
  for (const auto& file : {places.volume(), places.transcript(), places.plan()}) {
    std::filesystem::remove(file, failed);
    if (failed) return fail(Code::storage_failed, fmt::format("remove {}: {}", file.string(), failed.message()));
  }
  return sync_directory(places.boot);
}

Result<TranscriptFile> begin(const Plan& plan, const Places& places, const Clock& clock) {
  KAITO_TRY(auto transcript, TranscriptFile::open(places.transcript(), clock));
  if (!transcript.lines().empty()) return transcript;
  KAITO_CHECK(write_file_atomically(places.plan(), as_bytes(plan_text(plan))));
  KAITO_CHECK(transcript.append(
      {.event = "begin",
       .step = {},
       .facts = {
           {"ceremony", "provisioning"}, {"host_name", plan.host_names.front()}, {"plan_sha256", plan_hash(plan)}}}));
  return transcript;
}

}  // namespace

Result<Plan> begun_plan(const Places& places) {
  std::error_code ignored;
  if (!std::filesystem::exists(places.plan(), ignored))
    return fail(Code::not_found, "no ceremony has begun here; name its plan with --file");
  KAITO_TRY(const std::string text, read_file(places.plan(), kMaxPlan));
  return parse_plan(text);
}

Result<Plan> kept_plan(const Places& places, const Clock& clock) {
  KAITO_TRY(auto plan, begun_plan(places));
  KAITO_TRY(const auto transcript, TranscriptFile::open(places.transcript(), clock));
  if (has_another_plan(transcript, plan))
    return fail(Code::integrity, places.plan().string() + " is not the plan that the ceremony's transcript names");
  return plan;
}

Status run_ceremony(const Plan& plan, const Places& places, bool start_over, const Clock& clock, Random& random,
                    cli::Terminal& terminal, const Announce& announce) {
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(const auto before, TranscriptFile::open(places.transcript(), clock));
  const bool other_plan = has_another_plan(before, plan);
  if (before.is_signed()) {
    if (start_over || other_plan)
      return fail(
          Code::wrong_state,
          "this machine's ceremony has ended; kaito-boot factory-reset, or decommission, destroys its volume, and "
          "another ceremony can follow then");
    announce("== ended " + places.transcript().string());
    return {};
  }
  std::error_code unknown;
  if (start_over) {
    KAITO_CHECK(discard(places));
  } else if (before.lines().empty() && (std::filesystem::exists(places.volume(), unknown) || unknown)) {
    return fail(Code::integrity, fmt::format("{} says that this machine has a volume, and {} is missing; put it back",
                                             places.volume().string(), places.transcript().string()));
  } else if (other_plan) {
    return fail(Code::conflict,
                fmt::format("a ceremony with another plan has begun (its SHA-256 in the transcript is {}, this one's "
                            "{}); go on with that plan, or use --start-over",
                            fact(before.lines().front().event.facts, "plan_sha256"), plan_hash(plan)));
  }
  KAITO_TRY(auto transcript, begin(plan, places, clock));
  Session session(plan, places, clock, random, terminal);
  session.volume_begun = transcript.begun("volume");
  KAITO_CHECK(run_steps(transcript, all_steps(session), announce));
  announce("== step signature");
  KAITO_TRY(std::string note, run_kaitod(places, "sign-transcript", transcript.text()));
  KAITO_CHECK(transcript.sign(std::move(note)));
  announce("== done signature");
  announce("== ended " + places.transcript().string());
  return {};
}

}  // namespace kaito::provisioning
