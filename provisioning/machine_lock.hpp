// Keeps two runs of kaito-boot from changing one machine at a time.
#pragma once

#include "appliance/base/result.hpp"
#include "appliance/base/unique_fd.hpp"
#include "provisioning/places.hpp"

namespace kaito::provisioning {

// Held as long as the descriptor is; makes the boot directory when it is missing. Code::conflict when another process
// has it, Code::storage_failed without root.
Result<UniqueFd> lock_machine(const Places& places);

}  // namespace kaito::provisioning
