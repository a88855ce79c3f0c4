// What argon2id may cost for a keyslot.
#pragma once

#include <cstdint>

#include "appliance/base/time.hpp"

struct crypt_pbkdf_type;

namespace kaito::luks {

struct KdfCost {
  std::uint32_t memory_kib = 0;
  std::uint32_t threads = 1;  // 1 to 4
  std::uint32_t passes = 0;   // 0: as many as take `time` on this machine
  Milliseconds time{0};

  // For what a person types: a quarter of the machine's memory, 64 MiB to 1 GiB, and about two seconds.
  static KdfCost for_machine(std::uint64_t memory_bytes, unsigned processors);
  static KdfCost for_this_machine();
  // For secrets of 256 random bits, which no guessing finds: what the format asks for at least, some milliseconds.
  static KdfCost for_random_secret() { return {.memory_kib = 32 * 1024, .threads = 1, .passes = 4}; }
};

// In libcryptsetup's terms.
crypt_pbkdf_type to_pbkdf(const KdfCost& cost);

}  // namespace kaito::luks
