// Escrow copies of the keyring: a loss of the keyring file alone costs no org its seeds. A copy holds wrapped KEKs
// only, and is dead once the platform KEK that wraps them is destroyed, so a shred writes every copy anew before that.
#pragma once

#include <filesystem>
#include <mutex>
#include <vector>

#include "appliance/store/keyring.hpp"

namespace kaito::keys {

// Thread-safe.
class Escrow {
 public:
  // One copy a path. Their directories must exist.
  Escrow(store::Keyring& keyring, std::vector<std::filesystem::path> copies)
      : keyring_(keyring), copies_(std::move(copies)) {}

  // Writes every copy: old content or new, never a mixture. Tries all of them; the error is the first one's and names
  // its path.
  Status write();
  // The same, when the keyring has changed since the last writing that succeeded.
  Status refresh();

  [[nodiscard]] std::size_t copies() const noexcept { return copies_.size(); }

 private:
  Status write_locked();

  store::Keyring& keyring_;
  const std::vector<std::filesystem::path> copies_;
  std::mutex mutex_;
  std::optional<std::uint64_t> written_;  // Keyring::changes() of the copies
};

}  // namespace kaito::keys
