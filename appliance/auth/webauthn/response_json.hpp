// RegistrationResponseJSON and AuthenticationResponseJSON (L3 §5.1.8), strictly.
#pragma once

#include <boost/json/value.hpp>

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// Limits that no honest client comes near; a response over one is refused before anything in it is decoded.
inline constexpr std::size_t kMaxClientDataBytes = 32 * 1024;
inline constexpr std::size_t kMaxAttestationObjectBytes = 64 * 1024;
inline constexpr std::size_t kMaxAuthenticatorDataBytes = 16 * 1024;
inline constexpr std::size_t kMaxSignatureBytes = 1024;
inline constexpr std::size_t kMaxCredentialIdBytes = 1023;  // L3 §4
inline constexpr std::size_t kMaxUserHandleBytes = 64;      // L3 §5.4.3

// Takes what PublicKeyCredential.toJSON() gives. Required: id, rawId (equal), type "public-key", response and its
// members. Members that L3 defines and this library does not use (authenticatorData, publicKey, publicKeyAlgorithm,
// clientExtensionResults, authenticatorAttachment) are accepted and ignored: the attestation object alone counts. Any
// other member is refused. base64url without padding. Errors: Code::invalid_request that names the member.
Result<RegistrationResponse> parse_registration_response(const boost::json::value& json);
Result<AssertionResponse> parse_assertion_response(const boost::json::value& json);

// The forms that a client sends.
boost::json::object to_json(const RegistrationResponse& response);
boost::json::object to_json(const AssertionResponse& response);

}  // namespace kaito::webauthn
