#include "luks/header_backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libcryptsetup.h>
#include <sys/stat.h>

#include "appliance/base/file.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::luks {
namespace {

Result<HeaderFacts> facts_of(const std::filesystem::path& path, const InspectionLimits& limits) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(Code::not_found, fmt::format("{} cannot be opened", path.string()));
  return inspect_header(file.get(), limits);
}

// With dm-crypt below an open volume, the old header would go on in the kernel and the new one lie on the disk.
Status refuse_when_in_use(const std::filesystem::path& device) {
  struct stat facts{};
  if (::stat(device.c_str(), &facts) != 0) return fail(Code::not_found, device.string());
  if (!S_ISBLK(facts.st_mode)) return {};
  const UniqueFd exclusive(::open(device.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  if (!exclusive) return fail(Code::conflict, fmt::format("{} is in use", device.string()));
  return {};
}

Status compare(const HeaderFacts& backup, const Result<HeaderFacts>& present) {
  if (!present)
    return fail(Code::conflict,
                fmt::format("the device's own header cannot be read to compare: {}", present.error().describe()));
  if (backup.uuid != present->uuid) return fail(Code::conflict, "the header is of another volume");
  const DigestFacts* const kept = backup.data_digest();
  const DigestFacts* const used = present->data_digest();
  if (!kept || !used || kept->digest != used->digest)
    return fail(Code::conflict, "the header is of another volume key");
  return {};
}

}  // namespace

Status back_up_header(const Volume& volume, const std::filesystem::path& file) {
  if (volume.facts().rotating) return fail(Code::conflict, "the volume key is being rotated; back up afterwards");
  if (std::filesystem::exists(file)) return fail(Code::conflict, fmt::format("{} exists", file.string()));
  KAITO_CHECK(volume.crypt().check("backing up the LUKS header",
                                   crypt_header_backup(volume.crypt().get(), CRYPT_LUKS2, file.c_str())));
  const UniqueFd written(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!written || ::fchmod(written.get(), 0600) != 0 || ::fsync(written.get()) != 0)
    return fail(Code::storage_failed, fmt::format("{} cannot be made durable", file.string()));
  return sync_directory(std::filesystem::absolute(file).parent_path());
}

Status restore_header(const std::filesystem::path& device, const std::filesystem::path& file, RestoreCheck check,
                      const InspectionLimits& limits) {
  KAITO_TRY(const HeaderFacts backup, facts_of(file, limits));
  if (backup.rotating) return fail(Code::conflict, "the backup is of a volume in the middle of a rotation");
  if (check == RestoreCheck::same_key) KAITO_CHECK(compare(backup, facts_of(device, limits)));
  KAITO_CHECK(refuse_when_in_use(device));
  KAITO_TRY(const CryptDevice crypt, CryptDevice::of_path(device));
  KAITO_CHECK(crypt.check("restoring the LUKS header", crypt_header_restore(crypt.get(), CRYPT_LUKS2, file.c_str())));
  KAITO_CHECK(Volume::load(device, limits));
  return {};
}

}  // namespace kaito::luks
