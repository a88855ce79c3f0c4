// How fast a token is by itself: the yardstick for what the product makes of it.
#pragma once

#include "appliance/base/time.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

// Per second, under session-object keys, on this thread; a DEK has 32 bytes, its AAD 64.
struct RawSpeed {
  double decrypts = 0;  // C_DecryptInit + C_Decrypt of a DEK wrapped with AES-256-GCM
  double recrypts = 0;  // the same, then C_EncryptInit + C_Encrypt under another key
};
// Measures each for `duration`.
TokenResult<RawSpeed> measure_raw_speed(Session& session, const Clock& clock, Milliseconds duration);

}  // namespace kaito::hsm
