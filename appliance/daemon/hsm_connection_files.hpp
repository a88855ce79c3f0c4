// The customers' HSMs, one file each: NAME.conf in the directory that the operator names. Whoever can write there
// decides what is loaded and which files are read as PINs, so the files must be the operator's alone.
#pragma once

#include <filesystem>

#include "appliance/daemon/config.hpp"
#include "appliance/keys/hsm_connection.hpp"

namespace kaito::daemon {

// All that are right. One that is not is logged and left out: it must not keep the others from their HSMs, nor the
// appliance from starting. No directory, no connections.
std::vector<keys::HsmConnectionSettings> read_hsm_connections(const Config& config, Logger& log);

// One of them. Code::configuration says what is wrong.
Result<keys::HsmConnectionSettings> read_hsm_connection(const std::filesystem::path& file,
                                                        const std::filesystem::path& worker);

}  // namespace kaito::daemon
