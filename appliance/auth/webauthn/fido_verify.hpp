// The signature checks of libfido2 as verdicts. It declines what is outside its limits (see signature.hpp).
#pragma once

#include "appliance/auth/webauthn/signature.hpp"

namespace kaito::webauthn::fido {

Verdict verify_assertion(const SignedData& data, const CoseKey& key, ByteView signature);

// `statement`: the attestation statement in canonical CBOR. With `certified` the first certificate of its x5c verifies,
// without it the credential's own key, whose algorithm is `credential_algorithm` in both cases.
Verdict verify_attestation(const SignedData& data, int credential_algorithm, const char* format, ByteView statement,
                           bool certified);

}  // namespace kaito::webauthn::fido
