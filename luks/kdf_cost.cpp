#include "luks/kdf_cost.hpp"

#include <libcryptsetup.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace kaito::luks {

KdfCost KdfCost::for_machine(std::uint64_t memory_bytes, unsigned processors) {
  const std::uint64_t quarter_kib = memory_bytes / 1024 / 4;
  return {.memory_kib = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(quarter_kib, 64 * 1024, 1024 * 1024)),
          .threads = std::clamp(processors, 1U, 4U),
          .time = Milliseconds(2000)};
}

KdfCost KdfCost::for_this_machine() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  const bool known = pages > 0 && page_bytes > 0;
  return for_machine(known ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes) : 0,
                     std::thread::hardware_concurrency());
}

crypt_pbkdf_type to_pbkdf(const KdfCost& cost) {
  return {.type = CRYPT_KDF_ARGON2ID,
          .hash = "sha256",
          .time_ms = cost.passes ? 0 : static_cast<std::uint32_t>(cost.time.count()),
          .iterations = cost.passes,
          .max_memory_kb = cost.memory_kib,
          .parallel_threads = cost.threads,
          .flags = cost.passes ? static_cast<std::uint32_t>(CRYPT_PBKDF_NO_BENCHMARK) : 0U};
}

}  // namespace kaito::luks
