// Authenticator data (L3 §6.1): what the authenticator signs.
#pragma once

#include <optional>

#include "appliance/auth/webauthn/cbor.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// Bits of the flags byte. Bits 1 and 5 are reserved: they are signed but mean nothing, so they are ignored, as an
// authenticator of a later level may set them (BE and BS were reserved once).
inline constexpr std::uint8_t kFlagUp = 0x01;  // user present
inline constexpr std::uint8_t kFlagUv = 0x04;  // user verified
inline constexpr std::uint8_t kFlagBe = 0x08;  // backup eligible
inline constexpr std::uint8_t kFlagBs = 0x10;  // backed up
inline constexpr std::uint8_t kFlagAt = 0x40;  // attested credential data included
inline constexpr std::uint8_t kFlagEd = 0x80;  // extension data included

// L3 §6.5.1.
struct AttestedCredential {
  Aaguid aaguid{};
  ByteView credential_id{};  // 1 to 1023 bytes
  cbor::Value cose_key{};    // a map
};

// Views point into the parsed input.
struct AuthenticatorData {
  ByteView raw{};
  ByteArray<32> rp_id_hash{};
  std::uint8_t flags = 0;
  std::uint32_t sign_count = 0;
  std::optional<AttestedCredential> credential{};
  std::optional<cbor::Value> extensions{};  // a map

  [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

// The whole of `bytes` must be used, and each of AT and ED must be set exactly when its part is there.
// Refusals: Reason::auth_data; Reason::cbor when the key or the extensions are not canonical CBOR.
Result<AuthenticatorData> parse_authenticator_data(ByteView bytes);

}  // namespace kaito::webauthn
