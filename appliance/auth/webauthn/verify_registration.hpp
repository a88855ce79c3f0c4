// WebAuthn L3 §7.1, steps 5 to 25: is this the registration that was asked for?
#pragma once

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

namespace kaito::webauthn {

// `challenge`: the bytes issued for this one ceremony, not empty; the caller has already made them unusable for
// another. `now`: for the validity of attestation certificates. Refusals are Code::invalid_request with field
// "response" (the caller is logged in or holds a set-up token, so 401 would mislead); reason_of() gives the check. Pure
// and thread-safe.
Result<Registered> verify_registration(const RelyingParty& rp, const Policy& policy, ByteView challenge,
                                       const RegistrationResponse& response, TimePoint now);

}  // namespace kaito::webauthn
