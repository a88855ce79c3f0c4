// Randomness for keys, IVs, tokens and identifiers. Injected, so that tests can make it repeatable.
#pragma once

#include <cstdint>
#include <span>

namespace kaito {

class Random {
 public:
  virtual ~Random() = default;
  // Fills the whole span with cryptographically secure bytes. Cannot fail: without randomness the process ends.
  virtual void fill(std::span<std::uint8_t> out) noexcept = 0;
};

// The kernel's generator through libsodium. Thread-safe.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override;
};

}  // namespace kaito
