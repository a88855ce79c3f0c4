// A DEK under its org KEK.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::hsm {

inline constexpr std::size_t kDekSize = 32;
inline constexpr std::size_t kGcmIvSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;
inline constexpr std::size_t kMaxAad = 512;         // bytes, for org KEKs and for DEKs
inline constexpr std::size_t kMaxWrappedDek = 448;  // bytes; RSA-OAEP with 3072 bits fits

// Names its scheme, since what a token can do differs: docs/formats/wrapped-key.md. Callers store it and never look
// inside.
struct WrappedDek {
  Bytes blob;  // 1 to kMaxWrappedDek bytes
};

struct DekToWrap {
  Dek dek;  // exactly kDekSize bytes
  Bytes aad;
};

struct DekToUnwrap {
  WrappedDek wrapped;
  Bytes aad;
};

struct DekToRewrap {
  WrappedDek wrapped;
  Bytes aad_before;
  Bytes aad_after;
};

}  // namespace kaito::hsm
