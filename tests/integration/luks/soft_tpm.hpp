// A TPM in software (swtpm) with its state in a directory. It can lose power, and be another TPM altogether.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace kaito::luks::test {

class SoftTpm {
 public:
  // `directory` exists and is empty, or holds the state of an earlier one. Throws when swtpm cannot be started.
  explicit SoftTpm(std::filesystem::path directory);
  ~SoftTpm();
  SoftTpm(const SoftTpm&) = delete;
  SoftTpm& operator=(const SoftTpm&) = delete;

  static bool available();
  [[nodiscard]] std::string tcti() const { return "swtpm:path=" + socket().string(); }
  // Killed and started again, without the orderly shutdown that a TPM wants.
  void lose_power();
  // As a reboot: what was measured comes anew. `digest`, 32 times, is extended into a register.
  void extend(unsigned pcr, std::uint8_t digest) const;

 private:
  void start();
  void stop();
  [[nodiscard]] std::filesystem::path socket() const { return directory_ / "socket"; }

  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

}  // namespace kaito::luks::test
