// A DEK under its org KEK: AES-256-GCM (NIST SP 800-38D) of the 32 key bytes, with AAD.
#pragma once

#include "appliance/base/bytes.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::hsm {

inline constexpr std::size_t kDekSize = 32;
inline constexpr std::size_t kGcmIvSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;
inline constexpr std::size_t kMaxAad = 512;  // bytes, for org KEKs and for DEKs

struct WrappedDek {
  ByteArray<kGcmIvSize> iv{};                // random, made by the worker (or by an HSM that insists on its own)
  ByteArray<kDekSize + kGcmTagSize> blob{};  // ciphertext ‖ tag
};

struct DekToWrap {
  Dek dek;  // exactly kDekSize bytes
  Bytes aad;
};

struct DekToUnwrap {
  WrappedDek wrapped;
  Bytes aad;
};

}  // namespace kaito::hsm
