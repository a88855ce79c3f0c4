// WebAuthn L3 §7.2, steps 5 to 22: is this the holder of the stored credential?
#pragma once

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// `challenge`: the bytes issued for this one ceremony, not empty; the caller has already made them unusable for
// another. `credential`: the record that the caller found by the response's id, for the user it expects. Refusals are
// Code::unauthenticated; reason_of() gives the check. Reason::counter is returned only after the signature proved
// valid, so the caller can treat it as a sign of a cloned authenticator. Pure and thread-safe.
Result<Asserted> verify_assertion(const RelyingParty& rp, const Policy& policy, ByteView challenge,
                                  const AssertionResponse& response, const StoredCredential& credential);

}  // namespace kaito::webauthn
