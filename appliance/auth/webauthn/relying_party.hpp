// What a relying party expects of a ceremony. Plain values; the caller owns their life.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::webauthn {

using Aaguid = ByteArray<16>;

struct RelyingParty {
  std::string id;                    // RP ID: a registrable domain, lower case, no scheme or port (L3 §5.1.2)
  std::vector<std::string> origins;  // serialized origins, compared byte for byte: https://vault.example[:port]
};

// COSE algorithm identifiers (IANA) of the credential keys that this library verifies.
inline constexpr int kEs256 = -7;    // ECDSA, P-256, SHA-256
inline constexpr int kEs384 = -35;   // ECDSA, P-384, SHA-384
inline constexpr int kRs256 = -257;  // RSASSA-PKCS1-v1_5, 2048 bits, SHA-256
inline constexpr int kEdDsa = -8;    // Ed25519
inline const std::vector<int> kSupportedAlgorithms{kEs256, kEdDsa, kEs384, kRs256};

enum class UserVerification : std::uint8_t { required, preferred };

enum class Attestation : std::uint8_t {
  any,      // none, self and unknown makers are accepted; a statement that is there must still be valid
  trusted,  // the statement must lead to one of `trusted_roots` at the time of the ceremony
};

struct Policy {
  UserVerification uv = UserVerification::required;
  // False refuses credentials that can be synced to other devices (BE=1).
  bool allow_backup_eligible = false;
  // True accepts crossOrigin and any topOrigin. Nothing in the product sets it: the console is never framed.
  bool allow_cross_origin = false;
  Attestation attestation = Attestation::any;
  std::vector<Bytes> trusted_roots{};            // certificates, DER; a leaf may stand here as its own anchor
  std::optional<std::vector<int>> algorithms{};  // offered at creation; none means kSupportedAlgorithms
  std::optional<std::vector<Aaguid>> aaguids{};  // authenticator models allowed; none means every model
};

}  // namespace kaito::webauthn
