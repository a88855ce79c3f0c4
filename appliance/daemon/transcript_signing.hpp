// `kaitod sign-transcript`: the audit key's signature under a ceremony. kaito-boot, which is root, never learns a PIN;
// it asks the service's own account.
#pragma once

#include <string>
#include <string_view>

#include "appliance/base/log.hpp"
#include "appliance/daemon/config.hpp"
#include "provisioning/transcript/verification.hpp"

namespace kaito::daemon {

// A signed note with the newest audit key. It signs nothing but a transcript whose chain it has checked:
// Code::integrity otherwise, Code::wrong_state when it is empty or signed already. It leaves a
// record in the audit log, and signs at most 16 in a day (Code::rate_limited). kaitod must not be running.
Result<std::string> sign_transcript(const Config& config, std::string_view transcript, const Clock& clock, Logger& log);

}  // namespace kaito::daemon
