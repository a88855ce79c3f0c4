#include "appliance/auth/webauthn/verify_registration.hpp"

#include "appliance/auth/webauthn/attestation.hpp"
#include "appliance/auth/webauthn/authenticator_checks.hpp"
#include "appliance/auth/webauthn/client_data.hpp"

namespace kaito::webauthn {
namespace {

bool offered(const Policy& policy, int algorithm) {
  const std::vector<int>& list = policy.algorithms ? *policy.algorithms : kSupportedAlgorithms;
  return std::ranges::find(list, algorithm) != list.end();
}

Status check_aaguid(const Policy& policy, const Aaguid& aaguid) {
  if (policy.aaguids && std::ranges::find(*policy.aaguids, aaguid) == policy.aaguids->end())
    return refuse(Reason::aaguid, "this authenticator model is not allowed");
  return {};
}

// §7.1 steps 23 and 24. True when a trusted root vouches for the authenticator.
Result<bool> assess_trust(const Policy& policy, const VerifiedAttestation& attestation, TimePoint now) {
  if (policy.attestation == Attestation::any) return false;
  KAITO_CHECK(check_trust(attestation.trust_path, policy.trusted_roots, now));
  return true;
}

Result<Registered> verify(const RelyingParty& rp, const Policy& policy, ByteView challenge,
                          const RegistrationResponse& response, TimePoint now) {
  // Steps 5 to 11.
  KAITO_CHECK(check_client_data(response.client_data_json, kTypeCreate, rp, policy, challenge));
  // Step 12.
  const ByteArray<32> hash = client_data_hash(response.client_data_json);
  // Step 13.
  KAITO_TRY(const AttestationObject object, parse_attestation_object(response.attestation_object));
  KAITO_TRY(const AuthenticatorData data, parse_authenticator_data(object.auth_data));
  if (!data.credential) return refuse(Reason::auth_data, "no attested credential data");
  // Steps 14 to 18; step 19 (BS) asks nothing of policy, the flag is handed to the caller.
  KAITO_CHECK(check_authenticator_data(data, rp, policy));

  // Step 20: alg was offered; and, beyond the step, the key is one of that algorithm.
  KAITO_TRY(const CoseKey key, parse_cose_key(data.credential->cose_key));
  if (!offered(policy, key.algorithm)) return refuse(Reason::alg, "algorithm was not offered");
  KAITO_CHECK(make_public_key(key));

  // Steps 21 and 22.
  const SignedData signed_data{.rp_id = rp.id, .auth_data = data, .client_data_hash = hash};
  KAITO_TRY(const VerifiedAttestation attestation, verify_attestation(object, signed_data, key));
  // Steps 23 and 24.
  KAITO_CHECK(check_aaguid(policy, data.credential->aaguid));
  KAITO_TRY(const bool trusted, assess_trust(policy, attestation, now));

  // Step 25 (id of at most 1023 bytes) was checked when parsing. The id that the client names is a copy.
  const ByteView id = data.credential->credential_id;
  if (!std::ranges::equal(id, response.id)) return refuse(Reason::credential, "rawId is not the attested credential");

  const ByteView cose_key = data.credential->cose_key.encoded;
  return Registered{.credential_id = Bytes(id.begin(), id.end()),
                    .cose_key = Bytes(cose_key.begin(), cose_key.end()),
                    .algorithm = key.algorithm,
                    .sign_count = data.sign_count,
                    .user_verified = data.has(kFlagUv),
                    .backup_eligible = data.has(kFlagBe),
                    .backed_up = data.has(kFlagBs),
                    .aaguid = data.credential->aaguid,
                    .format = std::string(object.format),
                    .attestation = attestation.type,
                    .trusted = trusted};
}

}  // namespace

Result<Registered> verify_registration(const RelyingParty& rp, const Policy& policy, ByteView challenge,
                                       const RegistrationResponse& response, TimePoint now) {
  auto registered = verify(rp, policy, challenge, response, now);
  if (registered) return registered;
  const auto reason = reason_of(registered.error());
  if (!reason) return registered;
  Error error = Error::invalid("response", fmt::format("was refused ({})", to_string(*reason)));
  error.detail = std::move(registered.error().detail);
  return fail(std::move(error));
}

}  // namespace kaito::webauthn
