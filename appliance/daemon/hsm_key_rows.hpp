// Keeps the store's list of the HSM's keys in step with the token.
#pragma once

#include "appliance/daemon/hsm_parts.hpp"
#include "appliance/store/store.hpp"

namespace kaito::daemon {

// Notes every key that the token holds and the store does not know, and the public halves of all audit keys.
Task<Status> note_hsm_keys(store::Store& store, const HsmKeys& keys, std::string origin, const Clock& clock);

}  // namespace kaito::daemon
