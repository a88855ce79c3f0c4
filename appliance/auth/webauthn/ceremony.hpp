// What goes into a ceremony's verification and what comes out, decoded from base64url.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/bytes.hpp"

namespace kaito::webauthn {

// L3 §5.2.1, as sent by the client. Nothing in it is trusted.
struct RegistrationResponse {
  Bytes id;                               // rawId
  Bytes client_data_json;                 // as hashed by the authenticator: never re-serialized
  Bytes attestation_object;               // CBOR
  std::vector<std::string> transports{};  // a hint for later request options: "usb", "nfc", …
};

// L3 §5.2.2, as sent by the client. Nothing in it is trusted.
struct AssertionResponse {
  Bytes id;  // rawId
  Bytes client_data_json;
  Bytes authenticator_data;
  Bytes signature;
  std::optional<Bytes> user_handle{};
};

// The credential record (L3 §4) as the caller stored it.
struct StoredCredential {
  Bytes id;
  Bytes cose_key;  // COSE_Key, exactly as Registered gave it
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  std::optional<Bytes> user_handle{};  // compared when the response carries one
};

enum class AttestationType : std::uint8_t { none, self, certified };

struct Registered {
  Bytes credential_id;  // 1 to 1023 bytes. The caller still refuses one that any user has (§7.1 step 26)
  Bytes cose_key;       // to be stored; at most 1 KiB
  int algorithm = 0;    // COSE identifier
  std::uint32_t sign_count = 0;
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
  Aaguid aaguid{};     // all zero for U2F-only authenticators
  std::string format;  // "none", "packed" or "fido-u2f"
  AttestationType attestation = AttestationType::none;
  bool trusted = false;  // the attestation led to a trusted root
};

struct Asserted {
  std::uint32_t sign_count = 0;  // to be stored in place of the old one, in the same transaction as the login
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
};

}  // namespace kaito::webauthn
