#include "provisioning/decommissioning.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "appliance/base/file.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/service_settings.hpp"
#include "provisioning/transcript_file.hpp"
#include "provisioning/volume_end.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kMaxWord = 64;
constexpr std::string_view kPrefix = "decommissioning-";

std::filesystem::path challenge_file(const Places& places) { return places.maintenance.parent_path() / "challenge"; }

// Used once, right or wrong: no second guess at the same word.
Status take_challenge(const Places& places, std::string_view word) {
  const auto file = challenge_file(places);
  const auto wanted = read_file(file, kMaxWord);
  if (!wanted)
    return fail(Code::forbidden, "no challenge is open; kaito-boot decommission without --confirm makes one");
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  if (word != *wanted) return fail(Code::forbidden, "that is not the challenge's word; nothing was destroyed");
  return {};
}

// Signed before anything is destroyed, since the key that signs is destroyed too.
Status sign_proof(TranscriptFile& proof, const VolumeRecord& record, std::string_view authorised_by,
                  const std::vector<EnrolledWay>& ways, const Places& places) {
  std::vector<std::string> names;
  for (const auto& way : ways) names.emplace_back(way_name(way.record));
  if (proof.lines().empty())
    KAITO_CHECK(proof.append({.event = "begin",
                              .step = {},
                              .facts = {{"ceremony", "decommissioning"},
                                        {"volume", record.uuid},
                                        {"device", record.device.string()},
                                        {"authorised_by", std::string(authorised_by)},
                                        {"ways", fmt::format("{}", fmt::join(names, ", "))},
                                        {"order",
                                         "every keyslot is killed, and both copies of the header are "
                                         "overwritten: nothing opens the volume ever again"}}}));
  KAITO_TRY(std::string note, run_kaitod(places, "sign-transcript", proof.text()));
  return proof.sign(std::move(note));
}

}  // namespace

Result<std::string> make_challenge(const Places& places, Random& random) {
  KAITO_TRY(const VolumeRecord record, read_volume_record(places.volume()));
  ByteArray<kWordBytes> bytes{};
  random.fill(bytes);
  const std::string word = to_hex(bytes);
  KAITO_CHECK(make_private_directory(challenge_file(places).parent_path()));
  KAITO_CHECK(write_file_atomically(challenge_file(places), as_bytes(word)));
  return fmt::format(
      "This destroys for ever everything on volume {} ({}): all organisations, seeds, keys and the audit log.\n"
      "Backups and an external HSM's keys are not touched. To do it:\n"
      "  kaito-boot decommission --confirm {}\n",
      record.uuid, record.device.string(), word);
}

Result<std::filesystem::path> decommission(const Places& places, std::string_view word, UnlockRequest request,
                                           const Clock& clock, cli::Terminal& terminal) {
  KAITO_TRY(const auto locked, lock_machine(places));
  KAITO_TRY(const VolumeRecord record, read_volume_record(places.volume()));
  const auto file = decommissioning_file(places, record);
  KAITO_TRY(auto proof, TranscriptFile::open(file, clock));
  if (!proof.is_signed()) {
    KAITO_CHECK(take_challenge(places, word));
    KAITO_TRY(auto volume, load_volume(record, request.wait));
    request.only_people = true;
    KAITO_TRY(const OpenedWay way, any_way(volume, record, places, request, clock, terminal));
    KAITO_CHECK(stop_service(/*for_good=*/false));  // it comes back at the next boot when the proof cannot be signed
    KAITO_CHECK(open_and_mount(volume, way, places));
    KAITO_TRY(const auto ways, enrolled_ways(volume));
    KAITO_CHECK(sign_proof(proof, record, way.way, ways, places));
  }
  KAITO_CHECK(stop_service(/*for_good=*/true));
  KAITO_CHECK(destroy_volume(record, places, {}));
  KAITO_CHECK(forget_volume(record, places));
  return file;
}

bool decommissioning_begun(const Places& places, const VolumeRecord& record, const Clock& clock) {
  const auto proof = TranscriptFile::open(decommissioning_file(places, record), clock);
  return proof && proof->is_signed();
}

std::vector<std::filesystem::path> decommissioned(const Places& places) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(places.boot, ignored))
    if (entry.path().filename().string().starts_with(kPrefix)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace kaito::provisioning
