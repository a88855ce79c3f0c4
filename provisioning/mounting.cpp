#include "provisioning/mounting.hpp"

#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kaito::provisioning {
namespace {

Error system_error(std::string_view what) {
  const int reason = errno;
  return Error{.code = reason == EBUSY ? Code::conflict : Code::storage_failed,
               .detail = fmt::format("{}: {}", what, std::strerror(reason))};
}

}  // namespace

bool is_open(const Places& places) {
  std::error_code ignored;
  return std::filesystem::exists(places.mapped(), ignored);
}

bool is_mounted(const Places& places) {
  struct stat mounted{};
  struct stat device{};
  return ::stat(places.data.c_str(), &mounted) == 0 && ::stat(places.mapped().c_str(), &device) == 0 &&
         S_ISBLK(device.st_mode) && mounted.st_dev == device.st_rdev;
}

Status mount_volume(const Places& places) {
  if (is_mounted(places)) return {};
  std::error_code failed;
  std::filesystem::create_directories(places.data, failed);
  if (failed) return fail(Code::storage_failed, fmt::format("{}: {}", places.data.string(), failed.message()));
  const passwd* const user = ::getpwnam(places.service_user.c_str());
  if (!user) return fail(Code::configuration, "there is no account " + places.service_user);
  if (::mount(places.mapped().c_str(), places.data.c_str(), "ext4", MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME,
              nullptr) != 0)
    return fail(system_error("mount " + places.data.string()));
  if (::chown(places.data.c_str(), user->pw_uid, user->pw_gid) != 0 || ::chmod(places.data.c_str(), 0700) != 0)
    return fail(system_error("owner of " + places.data.string()));
  return {};
}

Status open_and_mount(luks::Volume& volume, const OpenedWay& way, const Places& places) {
  if (!is_open(places)) KAITO_CHECK(volume.open(places.mapping, way.secret, {}, way.keyslot));
  return mount_volume(places);
}

Status close_volume(const Places& places) {
  if (is_mounted(places) && ::umount(places.data.c_str()) != 0)
    return fail(system_error("unmount " + places.data.string()));
  if (!is_open(places)) return {};
  return luks::Volume::close(places.mapping);
}

}  // namespace kaito::provisioning
