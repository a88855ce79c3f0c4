// The byte format of a wrapped org KEK: docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"

namespace kaito::hsm {

enum class WrapScheme : std::uint8_t {
  aes_kw = 1,  // RFC 3394 by C_WrapKey (CKM_AES_KEY_WRAP), bound by AES-GCM under the org KEK itself
};

// AES-KW has no AAD, so the org KEK authenticates its own place: a constant sealed under it with the AAD.
inline constexpr std::size_t kBindingSize = 32;
struct WrappedKey {
  WrapScheme scheme = WrapScheme::aes_kw;
  KeyVersion platform_version = 0;
  ByteArray<12> iv{};
  ByteArray<kBindingSize> binding{};  // 16 zero bytes, sealed
  ByteArray<40> wrapped{};            // 32 key bytes and RFC 3394's integrity block

  [[nodiscard]] Bytes serialize() const;
  // Code::integrity: not of this format or version.
  static Result<WrappedKey> parse(ByteView blob);

  // What the binding authenticates: everything in the blob that is not authenticated otherwise, and the caller's AAD.
  [[nodiscard]] Bytes binding_aad(ByteView aad) const;
};

}  // namespace kaito::hsm
