// Where things lie below the data directory. Directories 0700, files 0600.
#pragma once

#include <filesystem>

#include "appliance/base/result.hpp"

namespace kaito::daemon {

class DataDirectory {
 public:
  explicit DataDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  // Creates what is missing.
  [[nodiscard]] Status create() const;

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
  [[nodiscard]] std::filesystem::path database() const { return root_ / "db" / "kaito.db"; }
  [[nodiscard]] std::filesystem::path keyring() const { return root_ / "keyring" / "keyring.db"; }
  // A copy beside it.
  [[nodiscard]] std::filesystem::path keyring_copy() const { return root_ / "keyring" / "keyring.copy"; }
  [[nodiscard]] std::filesystem::path hsm() const { return root_ / "hsm"; }
  [[nodiscard]] std::filesystem::path so_pin() const { return hsm() / "so.pin"; }
  [[nodiscard]] std::filesystem::path user_pin() const { return hsm() / "user.pin"; }
  [[nodiscard]] std::filesystem::path tls() const { return root_ / "tls"; }
  // The set-up token, while no staff key is enrolled.
  [[nodiscard]] std::filesystem::path setup_token() const { return root_ / "setup-token"; }
  // One process at a time.
  [[nodiscard]] std::filesystem::path lock() const { return root_ / "kaitod.lock"; }

 private:
  std::filesystem::path root_;
};

}  // namespace kaito::daemon
