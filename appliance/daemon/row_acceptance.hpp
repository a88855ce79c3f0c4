// The way out of the alarm that rows were altered (audit/row_guard.hpp). For somebody at the machine who has the HSM,
// not for staff over the network: it may be staff's rows that were altered.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/random.hpp"
#include "appliance/daemon/config.hpp"

namespace kaito::daemon {

// Verifies every row, takes those that do not fit as they are, records that in the log and names their tables. Nothing
// is done when all fit. Code::configuration while kaitod runs.
Result<std::vector<std::string>> accept_rows(const Config& config, const Clock& clock, Random& random, Logger& log);

}  // namespace kaito::daemon
