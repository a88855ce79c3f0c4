// Randomness for keys, IVs, tokens and identifiers. Injected, so that tests can make it repeatable.
#pragma once

#include <array>
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

// For IVs and identifiers, which need no secrecy, only no repetition: the source is asked once for many of them, and
// what is not used yet lies in ordinary memory. Never for keys or tokens. One thread at a time, and no fork.
class PooledRandom final : public Random {
 public:
  // `source` must outlive this.
  explicit PooledRandom(Random& source) noexcept : source_(source) {}
  void fill(std::span<std::uint8_t> out) noexcept override;

 private:
  Random& source_;
  std::array<std::uint8_t, 1024> buffer_{};
  std::size_t used_ = sizeof(buffer_);
};

}  // namespace kaito
