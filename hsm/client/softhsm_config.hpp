// SoftHSM2's configuration for a token store of our own.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "appliance/base/result.hpp"

namespace kaito::hsm {

struct SoftHsmConfig {
  std::filesystem::path config_file;
  std::filesystem::path token_directory;

  // For ClientConfig::environment.
  [[nodiscard]] std::map<std::string, std::string> environment() const;
};

// Writes `directory`/softhsm2.conf (0600) and creates `directory`/tokens (0700). Writing it again changes nothing.
Result<SoftHsmConfig> write_softhsm_config(const std::filesystem::path& directory);

// Where Debian installs libsofthsm2.so; Code::configuration when it is not installed.
Result<std::filesystem::path> find_softhsm_module();

}  // namespace kaito::hsm
