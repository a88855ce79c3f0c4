// The byte format of a wrapped org KEK: docs/formats/wrapped-key.md.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "hsm/wrap_scheme.hpp"

namespace kaito::hsm {

struct WrappedKey {
  WrapScheme scheme = WrapScheme::aes_kw;
  KeyVersion platform_version = 0;
  Bytes wrapped;  // what C_WrapKey gave: 1 to 512 bytes
  Bytes binding;  // a DEK that the org KEK itself wraps, which says whose key it is; 1 to kMaxWrappedDek bytes

  [[nodiscard]] Bytes serialize() const;
  // Code::integrity: not of this format or version.
  static Result<WrappedKey> parse(ByteView blob);

  // What the binding authenticates: everything in the blob that is not authenticated otherwise, and the caller's AAD.
  [[nodiscard]] Bytes binding_aad(ByteView aad) const;
};

}  // namespace kaito::hsm
