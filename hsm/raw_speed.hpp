// How fast a token is by itself: the yardstick for what the product makes of it.
#pragma once

#include "appliance/base/time.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

// C_DecryptInit + C_Decrypt of a wrapped DEK (AES-256-GCM, 48 bytes, 64 bytes of AAD) under one session-object key, on
// this thread, for `duration`.
TokenResult<double> raw_gcm_decrypts_per_second(Session& session, const Clock& clock, Milliseconds duration);

}  // namespace kaito::hsm
