#include "appliance/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "appliance/base/secret.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito {
namespace {

Error system_error(std::string_view what, const std::filesystem::path& path) {
  const int reason = errno;
  const Code code = reason == ENOSPC || reason == EDQUOT ? Code::storage_full : Code::storage_failed;
  return Error{.code = code, .detail = fmt::format("{} {}: {}", what, path.string(), std::strerror(reason))};
}

Status write_all(int fd, ByteView content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(system_error("write", path));
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_and_sync(const std::filesystem::path& path, ByteView content, mode_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return fail(system_error("create", path));
  if (::fchmod(fd.get(), mode) != 0) return fail(system_error("chmod", path));  // whatever the umask
  KAITO_CHECK(write_all(fd.get(), content, path));
  if (::fsync(fd.get()) != 0) return fail(system_error("fsync", path));
  return {};
}

}  // namespace

Status write_file_atomically(const std::filesystem::path& path, ByteView content, mode_t mode) {
  auto temporary = path;
  temporary += ".tmp";
  if (auto written = write_and_sync(temporary, content, mode); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = system_error("rename", path);
    ::unlink(temporary.c_str());
    return fail(std::move(error));
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

// No growing std::string, which would leave copies of its content behind.
Result<std::string> read_to_end(int fd, std::size_t limit) {
  std::string content(16384, '\0');
  for (std::size_t used = 0;;) {
    if (used > limit) {
      wipe(content);
      return fail(Code::payload_too_large, fmt::format("is larger than {} bytes", limit));
    }
    if (used == content.size()) {
      std::string larger(2 * used, '\0');
      std::memcpy(larger.data(), content.data(), used);
      wipe(content);
      content = std::move(larger);
    }
    const ssize_t count = ::read(fd, content.data() + used, content.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      wipe(content);
      return fail(Code::storage_failed, fmt::format("read: {}", std::strerror(errno)));
    }
    if (count == 0) {
      content.resize(used);
      return content;
    }
    used += static_cast<std::size_t>(count);
  }
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(Code::configuration, fmt::format("open {}: {}", path.string(), std::strerror(errno)));
  auto content = read_to_end(fd.get(), limit);
  if (!content) return fail(std::move(content).error().within(path.string()));
  return content;
}

Status make_private_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Code::storage_failed, fmt::format("create {}: {}", path.string(), error.message()));
  if (::chmod(path.c_str(), 0700) != 0) return fail(system_error("chmod", path));
  return {};
}

Status sync_directory(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(system_error("open", path));
  if (::fsync(fd.get()) != 0) return fail(system_error("fsync", path));
  return {};
}

}  // namespace kaito
