// What a WebAuthn client does that is no browser: the command line, and test authenticators driven directly.
#pragma once

#include <string_view>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// The attestation object (L3 §6.5.4). `statement`: an encoded CBOR map.
Bytes make_attestation_object(std::string_view format, ByteView statement, ByteView authenticator_data);

// The same for a relying party that wants no attestation (L3 §5.1.3 step 22, "none"): format none, AAGUID zeroed.
// `authenticator_data` has attested credential data.
Bytes make_anonymous_attestation_object(ByteView authenticator_data);

// L3 §5.1.3 steps 7 and 8, §5.1.4 steps 6 and 7: may a page of `origin` use this RP ID? The host itself, or a parent
// domain with a dot in it (a public-suffix list is the browser's job); https, or http on localhost.
// Errors: Code::forbidden.
Status check_rp_id(std::string_view origin, std::string_view rp_id);

}  // namespace kaito::webauthn
