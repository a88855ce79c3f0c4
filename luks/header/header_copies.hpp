// The binary headers of a LUKS2 device (LUKS2 On-Disk Format 1.1.x, section 2): two copies, each with a checksum.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include "appliance/base/bytes.hpp"

namespace kaito::luks {

// libcryptsetup knows up to 4 MiB. We write 64 KiB, which holds 32 keyslots with their tokens, and read no more.
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
inline constexpr std::size_t kBinaryBytes = 4096;  // before the JSON area

struct HeaderCopy {
  std::uint64_t sequence = 0;      // the copy with the higher one is in force
  std::uint64_t header_bytes = 0;  // binary header and JSON area: the distance between the two copies
  std::string uuid;
  std::string json;  // without the zeros after it
};

// Primary, then secondary. A copy that a power cut left half-written fails its checksum and is absent: libcryptsetup
// restores it from the other.
using HeaderCopies = std::array<std::optional<HeaderCopy>, 2>;

// Reads from an open device or file. At least one copy is there. Code::integrity when neither is whole, when one is
// whole but breaks the format, or when both are and disagree in size or UUID; Code::not_found when there is no LUKS2
// header at all. Sizes other than 16, 32 and 64 KiB are refused.
Result<HeaderCopies> read_header_copies(int fd);

// The same from the header's first bytes, at most 2 * kMaxHeaderBytes of which are looked at.
Result<HeaderCopies> parse_header_copies(ByteView device);

}  // namespace kaito::luks
