#include "appliance/store/sqlite/database_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "appliance/base/file.hpp"

namespace kaito::store::sqlite {
namespace {

constexpr mode_t kPrivate = 0600;

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
  path += suffix;
  return path;
}

std::unexpected<Error> system_failure(const char* what, const std::filesystem::path& path) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  return fail(full ? Code::storage_full : Code::storage_failed,
              fmt::format("{} {}: {}", what, path.string(), std::strerror(reason)));
}

Result<UniqueFd> open_private(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivate));
  if (!fd) return system_failure("open", path);
  if (::fchmod(fd.get(), kPrivate) != 0) return system_failure("chmod", path);
  return fd;
}

}  // namespace

Result<UniqueFd> claim_database_files(const std::filesystem::path& path) {
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  KAITO_CHECK(make_private_directory(directory));

  const auto lock_path = with_suffix(path, ".lock");
  KAITO_TRY(UniqueFd lock, open_private(lock_path));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_failure("lock", lock_path);
    return fail(Code::configuration, fmt::format("{} is in use by another process", path.string()));
  }
  // The database's own descriptor is closed again before SQLite opens the file: closing any descriptor of it later
  // would drop SQLite's POSIX locks (fcntl(2)).
  if (auto created = open_private(path); !created) return created;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    const auto companion = with_suffix(path, suffix);
    if (::chmod(companion.c_str(), kPrivate) != 0 && errno != ENOENT) return system_failure("chmod", companion);
  }
  KAITO_CHECK(sync_directory(directory));
  return lock;
}

}  // namespace kaito::store::sqlite
