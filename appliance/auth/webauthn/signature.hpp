// Signature verification, by libfido2 where it can and by OpenSSL where it cannot.
//
// libfido2's fido_assert_verify and fido_cred_verify are asked first. They decline what is outside their limits;
// measured with 1.12: extension outputs that they do not know or whose values they would not have asked for, and EdDSA
// over authenticator data of more than 992 bytes (a 1024-byte buffer inside). Then OpenSSL verifies the same bytes.
// Neither path is a check less: all checks but the signature are made before, by this library.
#pragma once

#include "appliance/auth/webauthn/authenticator_data.hpp"
#include "appliance/auth/webauthn/cose_key.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// What was signed: rpId, authenticatorData and the hash of the client data. All outlive the call.
struct SignedData {
  std::string_view rp_id;
  const AuthenticatorData& auth_data;
  const ByteArray<32>& client_data_hash;
};

enum class Verdict : std::uint8_t { valid, invalid, declined };

// §7.2 step 21, with the stored credential's key. Refusals: Reason::signature.
Status verify_assertion_signature(const SignedData& data, const CoseKey& key, ByteView signature);

// An attestation certificate: as it came, its key, and the algorithm that it signed with, which fits the key.
struct Attester {
  ByteView certificate;
  evp_pkey_st& key;
  int algorithm;
};

// §8.2, x5c present. `credential`: the attested key. Refusals here and below: Reason::signature.
Status verify_packed_signature(const SignedData& data, const CoseKey& credential, ByteView signature,
                               const Attester& attester);
// §8.2, self attestation: by the credential's own key.
Status verify_self_signature(const SignedData& data, const CoseKey& credential, ByteView signature);
// §8.6 step 6: over U2F's own message.
Status verify_u2f_signature(const SignedData& data, const CoseKey& credential, ByteView signature,
                            const Attester& attester);

}  // namespace kaito::webauthn
