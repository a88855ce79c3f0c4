// `kaitod setup`: from an empty data directory to one that can be served.
#pragma once

#include "appliance/base/log.hpp"
#include "appliance/daemon/config.hpp"

namespace kaito::daemon {

// Token, platform KEK, audit key, database, keyring, own CA. Each step leaves what is there as it is, so an interrupted
// set-up is taken up again by running it once more.
Status set_up(const Config& config, const Clock& clock, Random& random, Logger& log);

}  // namespace kaito::daemon
