// Hands recovery shares out where the plan says: each once, and to nobody's log.
#pragma once

#include <vector>

#include "luks/ways/recovery_key.hpp"
#include "provisioning/session.hpp"

namespace kaito::provisioning {

// Before anything is made: can they be handed out there? A directory must be writable and not on the machine's own
// disk.
Status check_delivery(const Session& session);
// Durable, or shown, when it returns. Files of an earlier run are replaced.
Status deliver_shares(Session& session, const std::vector<luks::RecoveryShare>& shares);
// The threshold's worth of shares as whoever holds them will have them: read back from the files where there are files.
Result<std::vector<luks::RecoveryShare>> returned_shares(const Session& session,
                                                         const std::vector<luks::RecoveryShare>& shares);

}  // namespace kaito::provisioning
