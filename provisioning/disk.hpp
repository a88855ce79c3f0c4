// The disk that becomes the volume, before anything is written to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "appliance/base/result.hpp"
#include "provisioning/plan.hpp"

namespace kaito::provisioning {

struct DiskFacts {
  std::string serial;  // as udev has it; empty when the disk has none
  std::string model;
  std::uint64_t bytes = 0;
  std::string content;  // what lies on it, for people; empty: nothing that anybody would miss

  // By what a person confirms that it may be erased: the serial, or the path that was named.
  [[nodiscard]] std::string confirmation(const std::filesystem::path& named) const {
    return serial.empty() ? named.string() : serial;
  }
};

// A block device, or a regular file. Code::not_found: there is none; Code::conflict: it is mounted, mapped or held.
// Found out by what `blkid` knows, and by the first MiB, which is all zeros on a disk that nobody has used.
Result<DiskFacts> examine_disk(const std::filesystem::path& device);

// The plan's disk, if it may be formatted: large enough, and nothing lies on it but what the plan gives up.
// `volume_begun`: an earlier run may have begun a volume there, whose leavings are ours. Errors of examine_disk;
// Code::conflict says how to confirm.
Result<DiskFacts> examine_for_format(const Plan& plan, bool volume_begun);

}  // namespace kaito::provisioning
