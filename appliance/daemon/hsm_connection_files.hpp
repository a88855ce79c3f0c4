// The customers' HSMs, one file each: NAME.conf in the directory that the operator names. Whoever can write there
// decides what is loaded and which files are read as PINs, so the files must be the operator's alone.
#pragma once

#include <filesystem>

#include "appliance/daemon/config.hpp"
#include "appliance/keys/hsm_connection.hpp"

namespace kaito::daemon {

struct HsmConnectionFiles {
  std::vector<keys::HsmConnectionSettings> right;
  std::vector<std::string> wrong;  // names of those that are not; logged
};

// A wrong file must not keep the other HSMs from their orgs, nor the appliance from starting. No directory in the
// configuration, no connections. Code::configuration when the directory cannot be read.
Result<HsmConnectionFiles> read_hsm_connections(const Config& config, Logger& log);

// One of them. Code::configuration says what is wrong.
Result<keys::HsmConnectionSettings> read_hsm_connection(const std::filesystem::path& file,
                                                        const std::filesystem::path& worker);

}  // namespace kaito::daemon
