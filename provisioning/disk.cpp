#include "provisioning/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "appliance/base/unique_fd.hpp"
#include "provisioning/program.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kFirstBytes = 1U << 20;
constexpr int kBlkidFoundNothing = 2;
constexpr std::uint64_t kLeastBytes = 64ULL << 20U;
constexpr std::string_view kUnknown = "data of an unknown kind";

// KEY=value of a listing, one a line.
std::string value_of(std::string_view listing, std::string_view key) {
  while (!listing.empty()) {
    const auto end = std::min(listing.find('\n'), listing.size());
    const std::string_view line = listing.substr(0, end);
    if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
      return std::string(line.substr(key.size() + 1));
    listing.remove_prefix(std::min(end + 1, listing.size()));
  }
  return {};
}

Result<std::string> content_of(const std::filesystem::path& device, int fd) {
  KAITO_TRY(const auto probe, run_program({"blkid", "--probe", "--output", "export", device.string()}));
  if (probe.status == 0) {
    for (const auto* key : {"TYPE", "PTTYPE"})
      if (auto type = value_of(probe.output, key); !type.empty()) return type;
    return std::string("signatures of more than one kind");
  }
  if (probe.status != kBlkidFoundNothing) return std::string("signatures of more than one kind");
  std::vector<char> first(kFirstBytes);
  const ssize_t count = ::pread(fd, first.data(), first.size(), 0);
  if (count < 0) return fail(Code::storage_failed, fmt::format("read {}: {}", device.string(), std::strerror(errno)));
  if (std::any_of(first.begin(), first.begin() + count, [](char c) { return c != 0; })) return std::string(kUnknown);
  return std::string{};
}

}  // namespace

Result<DiskFacts> examine_disk(const std::filesystem::path& device) {
  struct stat about{};
  if (::stat(device.c_str(), &about) != 0)
    return fail(Code::not_found, fmt::format("{}: {}", device.string(), std::strerror(errno)));
  const bool block = S_ISBLK(about.st_mode);
  if (!block && !S_ISREG(about.st_mode)) return fail(Code::configuration, device.string() + " is no disk");
  // O_EXCL: the kernel refuses a block device that is mounted, mapped or otherwise held.
  const UniqueFd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC | (block ? O_EXCL : 0)));
  if (!fd)
    return fail(errno == EBUSY ? Code::conflict : Code::storage_failed,
                fmt::format("open {}: {}", device.string(), std::strerror(errno)));
  DiskFacts facts;
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return fail(Code::storage_failed, device.string() + " does not say how large it is");
  facts.bytes = static_cast<std::uint64_t>(end);
  KAITO_TRY(facts.content, content_of(device, fd.get()));
  if (!block) return facts;
  KAITO_TRY(const auto known, run_program({"udevadm", "info", "--query=property", "--name", device.string()}));
  for (const auto* key : {"ID_SERIAL_SHORT", "ID_SERIAL"})
    if (facts.serial.empty()) facts.serial = value_of(known.output, key);
  facts.model = value_of(known.output, "ID_MODEL");
  return facts;
}

Result<DiskFacts> examine_for_format(const Plan& plan, bool volume_begun) {
  KAITO_TRY(DiskFacts disk, examine_disk(plan.device));
  if (disk.bytes < kLeastBytes)
    return fail(Code::configuration,
                fmt::format("{} has {} bytes; {} are needed", plan.device.string(), disk.bytes, kLeastBytes));
  const bool ours = volume_begun && (disk.content == "crypto_LUKS" || disk.content == kUnknown);
  if (!disk.content.empty() && !ours && plan.erase_serial != disk.confirmation(plan.device))
    return fail(Code::conflict,
                fmt::format("{} holds {}. To erase it, confirm with its serial: \"erase_serial\": \"{}\"",
                            plan.device.string(), disk.content, disk.confirmation(plan.device)));
  return disk;
}

}  // namespace kaito::provisioning
