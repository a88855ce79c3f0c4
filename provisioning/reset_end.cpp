#include "provisioning/reset_end.hpp"

#include <fmt/ranges.h>

#include "appliance/base/file.hpp"
#include "provisioning/ceremony_run.hpp"
#include "provisioning/hsm_keys.hpp"
#include "provisioning/service_settings.hpp"
#include "provisioning/transcript/reset_proof.hpp"
#include "provisioning/transcript_file.hpp"
#include "provisioning/volume_end.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::string_view kVolume = "volume";
constexpr std::string_view kKeys = "hsm-keys";

// A step of the record, unless an earlier run has noted that it is done.
Status once(TranscriptFile& record, std::string_view step, const std::function<Result<Facts>()>& run) {
  if (record.done(step)) return {};
  KAITO_TRY(auto facts, run());
  return record.append({.event = "step-done", .step = std::string(step), .facts = std::move(facts)});
}

Result<Facts> end_volume(const Places& places, const VolumeRecord& record, const Clock& clock) {
  // Missing after a power cut at the very end: the header is gone by then.
  KAITO_TRY(const auto ceremony, TranscriptFile::open(places.transcript(), clock));
  const TranscriptLine* const disk = ceremony.done("disk");
  KAITO_CHECK(destroy_volume(record, places, disk ? disk->event.facts : Facts{}));
  return Facts{{"volume", record.uuid},
               {"device", record.device.string()},
               {"done", "every keyslot killed, both copies of the header overwritten; no header is found there"}};
}

Result<Facts> end_keys(const Places& places, std::string_view text, const Clock& clock) {
  Facts facts{{"hsm", std::string(reset_line(text, "hsm"))}};
  if (reset_line(text, "hsm-key").empty()) return facts;
  KAITO_TRY(const Plan plan, kept_plan(places, clock));
  KAITO_CHECK(destroy_keys_in_hsm(plan.hsm, places, clock));
  facts.emplace_back("done", "every key of the officers' text is destroyed; the HSM was searched again for each");
  return facts;
}

// The lines of kaitod.conf that the ceremony wrote, chrony's file and the request to a CA.
Status remove_settings(const Places& places) {
  std::error_code failed;
  for (const auto& file : {places.chrony_config, places.boot / "tls.csr", places.maintenance}) {
    std::filesystem::remove(file, failed);
    if (failed) return fail(Code::storage_failed, fmt::format("remove {}: {}", file.string(), failed.message()));
  }
  return clear_service_settings(places);
}

}  // namespace

std::filesystem::path reset_record(const Places& places, const VolumeRecord& record) {
  return places.boot / fmt::format("factory-reset-{}-record.jsonl", record.uuid);
}

Status end_reset(const Places& places, const VolumeRecord& record, const Clock& clock) {
  KAITO_TRY(const auto proof, TranscriptFile::open(reset_file(places, record), clock));
  KAITO_TRY(const ResetProof read, read_reset_proof(proof.lines()));
  KAITO_TRY(auto done, TranscriptFile::open(reset_record(places, record), clock));
  if (done.lines().empty())
    KAITO_CHECK(done.append({.event = "begin",
                             .step = {},
                             .facts = {{"ceremony", "factory-reset-record"},
                                       {"volume", record.uuid},
                                       {"proof", to_hex(hash_line(to_text(proof.lines().back())))}}}));
  KAITO_CHECK(stop_service(/*for_good=*/true));
  KAITO_CHECK(once(done, kVolume, [&] { return end_volume(places, record, clock); }));
  KAITO_CHECK(once(done, kKeys, [&] { return end_keys(places, read.text, clock); }));
  KAITO_CHECK(remove_settings(places));
  return forget_volume(record, places);
}

}  // namespace kaito::provisioning
