#include "provisioning/share_delivery.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "appliance/base/bytes.hpp"
#include "appliance/base/file.hpp"

namespace kaito::provisioning {
namespace {

Passphrase with_text(std::string_view before, const luks::RecoveryShare& share) {
  const Passphrase text = luks::share_text(share);
  Passphrase line(before.size() + text.size() + 1);
  const auto out = line.expose_secret();
  std::ranges::copy(before, out.begin());
  std::ranges::copy(text.expose_secret(), out.begin() + static_cast<std::ptrdiff_t>(before.size()));
  out.back() = '\n';
  return line;
}

Status write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      return fail(Code::storage_failed, fmt::format("the recovery shares' descriptor: {}", std::strerror(errno)));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

std::string heading(const Session& session, unsigned number) {
  const auto& recovery = session.plan.recovery;
  return fmt::format("# Kaito recovery share {} of {} for {}. Any {} of them open the volume.\n", number,
                     recovery.shares, session.plan.host_names.front(), recovery.threshold);
}

}  // namespace

Status check_delivery(const Session& session) {
  const auto& recovery = session.plan.recovery;
  if (recovery.descriptor) {
    // All of this program's own descriptors are closed at exec: one that is not was handed to it. Without this, a
    // number that nobody passed would be a file of ours, on this machine's own disk.
    const int flags = ::fcntl(*recovery.descriptor, F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0 || ::write(*recovery.descriptor, "", 0) < 0)
      return fail(Code::configuration,
                  fmt::format("recovery: descriptor {} was not handed to kaito-boot for writing; also a ceremony that "
                              "goes on needs it, as in `kaito-boot ceremony {}>shares`",
                              *recovery.descriptor, *recovery.descriptor));
    return {};
  }
  if (recovery.terminal) {
    if (::isatty(STDOUT_FILENO) == 1) return {};
    return fail(
        Code::configuration,
        "recovery: shares are printed on a terminal only, and standard output is none; a log must not get them");
  }
  struct stat there{};
  struct stat root{};
  if (::stat(recovery.directory.c_str(), &there) != 0 || !S_ISDIR(there.st_mode) ||
      ::access(recovery.directory.c_str(), W_OK) != 0)
    return fail(Code::configuration,
                fmt::format("recovery: {} is no directory that can be written", recovery.directory.string()));
  if (::stat(session.places.boot.c_str(), &root) == 0 && root.st_dev == there.st_dev)
    return fail(Code::configuration, fmt::format("recovery: {} is on this machine's own disk, where shares must never "
                                                 "lie; mount a removable medium there",
                                                 recovery.directory.string()));
  return {};
}

Status deliver_shares(Session& session, const std::vector<luks::RecoveryShare>& shares) {
  const auto& recovery = session.plan.recovery;
  for (const auto& share : shares) {
    const unsigned number = share.share.x;
    if (!recovery.directory.empty()) {
      const Passphrase content = with_text(heading(session, number), share);
      KAITO_CHECK(write_file_atomically(share_file(recovery, number), content.expose_secret()));
      continue;
    }
    const Passphrase line = with_text(fmt::format("recovery share {} of {}: ", number, recovery.shares), share);
    if (recovery.descriptor)
      KAITO_CHECK(write_all(*recovery.descriptor, line.expose_secret()));
    else
      session.terminal.print(as_text(line.expose_secret()));
  }
  return {};
}

Result<std::vector<luks::RecoveryShare>> returned_shares(const Session& session,
                                                         const std::vector<luks::RecoveryShare>& shares) {
  const auto& recovery = session.plan.recovery;
  std::vector<luks::RecoveryShare> returned;
  for (unsigned i = recovery.shares - recovery.threshold; i < recovery.shares; ++i) {
    if (recovery.directory.empty()) {
      KAITO_TRY(auto share, luks::parse_share_text(luks::share_text(shares.at(i))));
      returned.push_back(std::move(share));
    } else {
      KAITO_TRY(auto share, read_share_file(share_file(recovery, i + 1)));
      returned.push_back(std::move(share));
    }
  }
  return returned;
}

}  // namespace kaito::provisioning
