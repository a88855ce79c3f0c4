// `kaitod inventory`: what is lost with this appliance. kaito-boot asks for it before a factory reset.
#pragma once

#include <cstdint>
#include <string>

#include "appliance/base/log.hpp"
#include "appliance/daemon/config.hpp"

namespace kaito::daemon {

struct Inventory {
  std::string origin;  // of the audit log
  std::uint64_t orgs = 0;
  std::uint64_t seeds = 0;
};

// Asks no HSM. kaitod must not be running: Code::configuration.
Result<Inventory> take_inventory(const Config& config, Logger& log);
// One object on a line.
std::string to_json(const Inventory& inventory);

}  // namespace kaito::daemon
