#include "provisioning/volume_end.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "appliance/base/file.hpp"
#include "appliance/base/unique_fd.hpp"
#include "luks/volume.hpp"
#include "provisioning/disk.hpp"
#include "provisioning/mounting.hpp"
#include "provisioning/program.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::uint64_t kLargestHeader = 16ULL << 20U;  // where the data of our volumes begins

// The disk that the ceremony examined, by its serial: a header that is damaged names nothing.
bool is_noted_disk(const std::filesystem::path& device, const Facts& disk) {
  if (fact(disk, "serial").empty()) return false;
  const auto found = examine_disk(device);
  return found && found->serial == fact(disk, "serial") && std::to_string(found->bytes) == fact(disk, "bytes");
}

// Whether the device is the volume's: either copy of its header names it, or nothing but zeros is left of both, as an
// overwriting that was interrupted leaves it, or it is the disk of the ceremony. Disks change their names.
Status check_is_ours(int fd, const std::filesystem::path& device, const VolumeRecord& record, bool noted) {
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
  if (noted) return {};
  return fail(Code::conflict, fmt::format("{} is not the volume {}; it was left alone", device.string(), record.uuid));
}

Status overwrite(const std::filesystem::path& device, std::uint64_t bytes, const VolumeRecord& record,
                 const Facts& disk) {
  const bool noted = is_noted_disk(device, disk);  // before it is held
  // O_EXCL: not while anybody has it mounted or mapped.
  const UniqueFd fd(::open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  const auto failed = [&device] {
    return fail(Code::storage_failed, fmt::format("overwriting {}: {}", device.string(), std::strerror(errno)));
  };
  if (!fd) return failed();
  KAITO_CHECK(check_is_ours(fd.get(), device, record, noted));
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

}  // namespace

std::filesystem::path decommissioning_file(const Places& places, const VolumeRecord& record) {
  return places.boot / fmt::format("decommissioning-{}.jsonl", record.uuid);
}

std::filesystem::path reset_file(const Places& places, const VolumeRecord& record) {
  return places.boot / fmt::format("factory-reset-{}.jsonl", record.uuid);
}

Status stop_service(bool for_good) {
  std::error_code ignored;
  if (!std::filesystem::exists("/run/systemd/system", ignored)) return {};
  std::vector<std::string> command{"systemctl", "stop", "kaitod.socket", "kaitod.service"};
  if (for_good) command = {"systemctl", "disable", "--now", "kaitod.socket", "kaitod.service"};
  KAITO_CHECK(must_run(command));
  return {};
}

Status destroy_volume(const VolumeRecord& record, const Places& places, const Facts& disk) {
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
  KAITO_CHECK(overwrite(device, bytes, record, disk));
  KAITO_CHECK(killed);
  if (luks::Volume::load(device)) return fail(Code::storage_failed, device.string() + " still holds a header");
  return {};
}

Status forget_volume(const VolumeRecord& record, const Places& places) {
  std::error_code failed;
  if (std::filesystem::exists(places.transcript(), failed))
    std::filesystem::rename(places.transcript(), places.boot / fmt::format("transcript-{}.jsonl", record.uuid), failed);
  if (!failed) std::filesystem::remove(places.plan(), failed);
  if (!failed) std::filesystem::remove(places.volume(), failed);
  if (failed) return fail(Code::storage_failed, failed.message());
  return sync_directory(places.boot);
}

}  // namespace kaito::provisioning
