// The strict look at a LUKS2 header before libcryptsetup reads or writes it. Whoever can write to the disk can write
// the header, and what the library takes from it decides about encryption, memory and time. So only what this product
// writes (and systemd-cryptenroll, whose token formats are kept) is let through; everything else is refused by name.
//
// Refused among others (F83): a null or any other cipher than aes-xts-plain64, of segments and of keyslots
// (CVE-2025-59054); linear segments, encryption or decryption in progress, re-encryption of the old, unauthenticated
// form (CVE-2021-4122); key derivation that costs more than the limits; requirements, tokens, keyslots and members that
// are not known; members and keyslot claims that come twice; JSON over 60 KiB.
#pragma once

#include "luks/header/header_copies.hpp"
#include "luks/header/header_facts.hpp"

namespace kaito::luks {

struct InspectionLimits {
  std::uint64_t argon2_memory_kib = 1024 * 1024;  // 1 GiB, the most that format asks for
  std::uint64_t argon2_passes = 1000;
  std::uint64_t argon2_work_kib = 64ULL * 1024 * 1024;  // passes × memory: about a minute
  std::uint64_t pbkdf2_iterations = 20'000'000;         // about ten seconds
};

// Of an open device or file: both copies are held to the rules, and the facts are those of the one in force.
// Code::integrity for a refusal, with the place and the reason; Code::not_found when there is no LUKS2 header.
Result<HeaderFacts> inspect_header(int fd, const InspectionLimits& limits = {});
Result<HeaderFacts> inspect_header(const HeaderCopies& copies, const InspectionLimits& limits = {});

// The metadata alone; `header_bytes` as in HeaderCopy.
Result<HeaderFacts> inspect_metadata(std::string_view json, std::uint64_t header_bytes,
                                     const InspectionLimits& limits = {});

}  // namespace kaito::luks
