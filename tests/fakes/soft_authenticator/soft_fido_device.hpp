// A SoftAuthenticator as a device that libfido2 opens: CTAPHID reports through fido_dev_set_io_functions, so that the
// library's whole code path runs.
#pragma once

#include <fido.h>

#include <string>

#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

namespace kaito::test {

// Plugged in from construction to destruction. `key` outlives it. One thread at a time.
class SoftFidoDevice {
 public:
  explicit SoftFidoDevice(SoftAuthenticator& key);
  ~SoftFidoDevice();
  SoftFidoDevice(const SoftFidoDevice&) = delete;
  SoftFidoDevice& operator=(const SoftFidoDevice&) = delete;

  // The path that io().open understands.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  static const fido_dev_io_t& io() noexcept;

 private:
  std::string path_;
};

}  // namespace kaito::test
