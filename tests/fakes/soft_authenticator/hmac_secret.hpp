// The hmac-secret extension (CTAP 2.1 §12.5) of the software authenticator, PIN/UV auth protocol one.
#pragma once

#include "appliance/auth/webauthn/cbor.hpp"
#include "tests/fakes/soft_authenticator/soft_ceremony.hpp"

namespace kaito::test {

// Does the list of extensions, or null, ask for hmac-secret at registration?
bool asks_for_hmac_secret(const webauthn::cbor::Value* extensions);

// The extension's output for an assertion: HMAC-SHA256 over the salt under a secret of the credential, encrypted for
// the peer. Empty when the extensions do not ask for it.
CtapResult<Bytes> hmac_secret_output(const SoftAuthenticator::State& state, const SoftCredential& credential,
                                     const webauthn::cbor::Value* extensions);

}  // namespace kaito::test
