// The byte format of a reference to an org KEK in a customer's token: docs/formats/wrapped-key.md.
#pragma once

#include <string>

#include "appliance/base/bytes.hpp"

namespace kaito::hsm {

struct HeldKey {
  std::string uri;  // RFC 7512; 1 to kMaxKeyUri bytes
  Bytes binding;    // a DEK that the key itself wraps, which says whose key it is; 1 to kMaxWrappedDek bytes

  [[nodiscard]] Bytes serialize() const;
  // Code::integrity: not of this format.
  static Result<HeldKey> parse(ByteView blob);
  // What the binding authenticates: which key it is, and the caller's AAD.
  [[nodiscard]] Bytes binding_aad(ByteView aad) const;
};

}  // namespace kaito::hsm
