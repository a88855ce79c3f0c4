// The byte format of a wrapped org KEK: docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "hsm/wrap_scheme.hpp"

namespace kaito::hsm {

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
