#include "appliance/auth/webauthn/verify_assertion.hpp"

#include "appliance/auth/webauthn/authenticator_checks.hpp"
#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/cose_key.hpp"
#include "appliance/auth/webauthn/signature.hpp"

namespace kaito::webauthn {
namespace {

// Steps 5 and 6, as far as they need no store: the response is for this record and its user.
Status check_record(const AssertionResponse& response, const StoredCredential& credential) {
  if (response.id.empty() || response.id != credential.id)
    return refuse(Reason::credential, "response is for another credential");
  if (response.user_handle && credential.user_handle && *response.user_handle != *credential.user_handle)
    return refuse(Reason::user_handle, "response is for another user");
  return {};
}

Result<CoseKey> stored_key(const StoredCredential& credential) {
  const auto map = cbor::decode(credential.cose_key, cbor::KeyOrder::canonical);
  if (!map) return refuse(Reason::alg, "stored key: " + map.error().detail);
  return parse_cose_key(*map);
}

// Step 22. L3 leaves the reaction to the relying party; this one refuses.
Status check_counter(std::uint32_t received, std::uint32_t stored) {
  const bool counts = received != 0 || stored != 0;
  if (counts && received <= stored)
    return refuse(Reason::counter, fmt::format("signature counter {} after {}", received, stored));
  return {};
}

}  // namespace

Result<Asserted> verify_assertion(const RelyingParty& rp, const Policy& policy, ByteView challenge,
                                  const AssertionResponse& response, const StoredCredential& credential) {
  // Steps 5 and 6.
  KAITO_CHECK(check_record(response, credential));
  // Steps 8 to 14.
  KAITO_CHECK(check_client_data(response.client_data_json, kTypeGet, rp, policy, challenge));

  KAITO_TRY(const AuthenticatorData data, parse_authenticator_data(response.authenticator_data));
  // §6.1: assertions carry no attested credential data. L3 says SHOULD NOT; nothing honest sets it.
  if (data.credential) return refuse(Reason::auth_data, "assertion carries attested credential data");
  // Steps 15 to 18, and 19.3.
  KAITO_CHECK(check_authenticator_data(data, rp, policy));
  // Steps 19.1 and 19.2: backup eligibility never changes in a credential's life.
  if (data.has(kFlagBe) != credential.backup_eligible)
    return refuse(Reason::be_bs, "backup eligibility is not the stored credential's");

  // Step 20.
  const ByteArray<32> hash = client_data_hash(response.client_data_json);
  // Step 21.
  KAITO_TRY(const CoseKey key, stored_key(credential));
  const SignedData signed_data{.rp_id = rp.id, .auth_data = data, .client_data_hash = hash};
  KAITO_CHECK(verify_assertion_signature(signed_data, key, response.signature));
  // Step 22.
  KAITO_CHECK(check_counter(data.sign_count, credential.sign_count));

  return Asserted{.sign_count = data.sign_count,
                  .user_verified = data.has(kFlagUv),
                  .backup_eligible = data.has(kFlagBe),
                  .backed_up = data.has(kFlagBs)};
}

}  // namespace kaito::webauthn
