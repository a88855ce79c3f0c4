#include "appliance/auth/webauthn/response_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "appliance/auth/webauthn/json_fields.hpp"

namespace kaito::webauthn {
namespace {

constexpr std::string_view kPublicKey = "public-key";

// The members that both forms share (L3 §5.1.8); gives the id.
Result<Bytes> read_credential(const JsonFields& credential) {
  KAITO_CHECK(
      credential.only({"id", "rawId", "type", "response", "authenticatorAttachment", "clientExtensionResults"}));
  KAITO_TRY(const std::string type, credential.text("type", 32));
  if (type != kPublicKey) return fail_invalid("type", "must be public-key");
  KAITO_TRY(Bytes id, credential.bytes("id", kMaxCredentialIdBytes));
  KAITO_TRY(const Bytes raw_id, credential.bytes("rawId", kMaxCredentialIdBytes));
  if (id != raw_id) return fail_invalid("rawId", "must be the same as id");
  return id;
}

boost::json::object credential_json(const Bytes& id, boost::json::object response) {
  const std::string encoded = to_base64url(id);
  return {{"id", encoded},
          {"rawId", encoded},
          {"type", kPublicKey},
          {"clientExtensionResults", boost::json::object()},
          {"response", std::move(response)}};
}

}  // namespace

Result<RegistrationResponse> parse_registration_response(const boost::json::value& json) {
  KAITO_TRY(const JsonFields credential, JsonFields::of(json, ""));
  RegistrationResponse parsed;
  KAITO_TRY(parsed.id, read_credential(credential));
  KAITO_TRY(const JsonFields response, credential.object("response"));
  KAITO_CHECK(response.only(
      {"clientDataJSON", "attestationObject", "authenticatorData", "transports", "publicKey", "publicKeyAlgorithm"}));
  KAITO_TRY(parsed.client_data_json, response.bytes("clientDataJSON", kMaxClientDataBytes));
  KAITO_TRY(parsed.attestation_object, response.bytes("attestationObject", kMaxAttestationObjectBytes));
  KAITO_TRY(parsed.transports, read_transports(response));
  return parsed;
}

Result<AssertionResponse> parse_assertion_response(const boost::json::value& json) {
  KAITO_TRY(const JsonFields credential, JsonFields::of(json, ""));
  AssertionResponse parsed;
  KAITO_TRY(parsed.id, read_credential(credential));
  KAITO_TRY(const JsonFields response, credential.object("response"));
  KAITO_CHECK(response.only({"clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"}));
  KAITO_TRY(parsed.client_data_json, response.bytes("clientDataJSON", kMaxClientDataBytes));
  KAITO_TRY(parsed.authenticator_data, response.bytes("authenticatorData", kMaxAuthenticatorDataBytes));
  KAITO_TRY(parsed.signature, response.bytes("signature", kMaxSignatureBytes));
  if (response.optional("userHandle")) {
    KAITO_TRY(parsed.user_handle, response.bytes("userHandle", kMaxUserHandleBytes));
  }
  return parsed;
}

boost::json::object to_json(const RegistrationResponse& response) {
  boost::json::array transports;
  for (const std::string& transport : response.transports) transports.emplace_back(transport);
  return credential_json(response.id, {{"clientDataJSON", to_base64url(response.client_data_json)},
                                       {"attestationObject", to_base64url(response.attestation_object)},
                                       {"transports", std::move(transports)}});
}

boost::json::object to_json(const AssertionResponse& response) {
  boost::json::object inner{{"clientDataJSON", to_base64url(response.client_data_json)},
                            {"authenticatorData", to_base64url(response.authenticator_data)},
                            {"signature", to_base64url(response.signature)}};
  if (response.user_handle) inner.emplace("userHandle", to_base64url(*response.user_handle));
  return credential_json(response.id, std::move(inner));
}

}  // namespace kaito::webauthn
