#include "provisioning/decommissioning.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "appliance/base/file.hpp"
#include "appliance/base/unique_fd.hpp"
#include "provisioning/machine_lock.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/program.hpp"
#include "provisioning/service_settings.hpp"
#include "provisioning/transcript_file.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kWordBytes = 8;
constexpr std::size_t kMaxWord = 64;
constexpr std::uint64_t kLargestHeader = 16ULL << 20U;  // where the data of our volumes begins
constexpr std::string_view kPrefix = "decommissioning-";

std::filesystem::path challenge_file(const Places& places) { return places.maintenance.parent_path() / "challenge"; }

std::filesystem::path proof_file(const Places& places, const VolumeRecord& record) {
  return places.boot / fmt::format("{}{}.jsonl", kPrefix, record.uuid);
}

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

Status stop_service(bool for_good) {
  std::error_code ignored;
  if (!std::filesystem::exists("/run/systemd/system", ignored)) return {};
  std::vector<std::string> command{"systemctl", "stop", "kaitod.socket", "kaitod.service"};
  if (for_good) command = {"systemctl", "disable", "--now", "kaitod.socket", "kaitod.service"};
  KAITO_CHECK(must_run(command));
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

// Whether the device is the volume's: either copy of its header names it, or nothing but zeros is left of both, as an
// overwriting that was interrupted leaves it. Disks change their names.
Status check_is_ours(int fd, const std::filesystem::path& device, const VolumeRecord& record) {
  constexpr std::size_t kLookedAt = 1U << 20;
  constexpr std::size_t kUuidAt = 168;  // LUKS2 on-disk format, section 2.1
  std::vector<char> start(kLookedAt);
  const auto count = ::pread(fd, start.data(), start.size(), 0);
  if (count != static_cast<ssize_t>(start.size()))
    return fail(Code::storage_failed, fmt::format("{} cannot be read", device.string()));
  if (std::ranges::all_of(start, [](char byte) { return byte == 0; })) return {};
  const std::string_view all(start.data(), start.size());
  const auto names_it = [&](std::size_t at, std::string_view magic) {
    return all.substr(at, magic.size()) == magic && all.substr(at + kUuidAt, record.uuid.size()) == record.uuid;
  };
  if (names_it(0, "LUKS\xba\xbe")) return {};
  for (std::size_t at = 16384; at < kLookedAt; at *= 2)  // where the second copy may begin
    if (names_it(at, "SKUL\xba\xbe")) return {};
  return fail(Code::conflict, fmt::format("{} is not the volume {}; it was left alone", device.string(), record.uuid));
}

Status overwrite(const std::filesystem::path& device, std::uint64_t bytes, const VolumeRecord& record) {
  // O_EXCL: not while anybody has it mounted or mapped.
  const UniqueFd fd(::open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  const auto failed = [&device] {
    return fail(Code::storage_failed, fmt::format("overwriting {}: {}", device.string(), std::strerror(errno)));
  };
  if (!fd) return failed();
  KAITO_CHECK(check_is_ours(fd.get(), device, record));
  const std::vector<char> zeros(1U << 20);
  for (std::uint64_t at = 0; at < bytes;) {
    const auto count =
        ::pwrite(fd.get(), zeros.data(), std::min<std::uint64_t>(zeros.size(), bytes - at), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed();
    at += static_cast<std::uint64_t>(count);
  }
  if (::fsync(fd.get()) != 0) return failed();
  return {};
}

Status destroy(const VolumeRecord& record, const Places& places) {
  KAITO_CHECK(close_volume(places));
  const auto device = record.present_device();
  std::uint64_t bytes = kLargestHeader;
  Status killed;
  // After a power cut the header may be gone already, and a keyslot on a bad sector cannot be killed: all is
  // overwritten.
  if (auto volume = luks::Volume::load(device); volume && volume->facts().uuid == record.uuid) {
    bytes = std::max(bytes, volume->facts().data_offset);
    for (const auto& keyslot : std::vector(volume->facts().keyslots))
      if (auto gone = volume->kill_keyslot(keyslot.id, /*even_the_last=*/true); !gone && killed)
        killed = std::move(gone);
  }
  KAITO_CHECK(overwrite(device, bytes, record));
  KAITO_CHECK(killed);
  if (luks::Volume::load(device)) return fail(Code::storage_failed, device.string() + " still holds a header");
  return {};
}

// The machine is as before its ceremony; the transcripts stay as proof.
Status forget(const VolumeRecord& record, const Places& places) {
  std::error_code failed;
  if (std::filesystem::exists(places.transcript(), failed))
    std::filesystem::rename(places.transcript(), places.boot / fmt::format("transcript-{}.jsonl", record.uuid), failed);
  if (!failed) std::filesystem::remove(places.plan(), failed);
  if (!failed) std::filesystem::remove(places.volume(), failed);
  if (failed) return fail(Code::storage_failed, failed.message());
  return sync_directory(places.boot);
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
  const auto file = proof_file(places, record);
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
  KAITO_CHECK(destroy(record, places));
  KAITO_CHECK(forget(record, places));
  return file;
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
