// Attestation statements (L3 §8): none, packed and fido-u2f.
#pragma once

#include <string>
#include <vector>

#include "appliance/auth/webauthn/attestation_certificate.hpp"
#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/signature.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// Views point into the decoded bytes.
struct AttestationObject {
  std::string_view format;
  cbor::Value statement;  // a map
  ByteView auth_data;
};

// L3 §6.5.4: exactly fmt, attStmt and authData. Map keys may come in any order, since browsers that rebuild the object
// do not sort them; no signature covers the order. Refusals: Reason::cbor.
Result<AttestationObject> parse_attestation_object(ByteView bytes);

struct VerifiedAttestation {
  AttestationType type = AttestationType::none;
  std::vector<Certificate> trust_path{};  // leaf first; empty unless `certified`
};

// The verification procedure of `object.format`. Refusals: Reason::fmt, att_stmt, alg, cert, aaguid, signature.
Result<VerifiedAttestation> verify_attestation(const AttestationObject& object, const SignedData& data,
                                               const CoseKey& key);

}  // namespace kaito::webauthn
