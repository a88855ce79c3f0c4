// A DEK under its org KEK.
#pragma once

#include <optional>

#include "appliance/base/bytes.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::hsm {

inline constexpr std::size_t kDekSize = 32;
inline constexpr std::size_t kGcmIvSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;
inline constexpr std::size_t kMaxAad = 512;         // bytes, for org KEKs and for DEKs
inline constexpr std::size_t kMaxWrappedDek = 448;  // bytes; RSA-OAEP with 3072 bits fits

inline constexpr std::size_t kMaxSealedAad = 256;
inline constexpr std::size_t kMaxSealedMessage = 128;

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

// Something that is sealed under a DEK by AES-256-GCM; hsm/protocol/sealed_message.hpp.
struct SealedMessage {
  ByteArray<kGcmIvSize> iv{};
  Bytes aad;         // at most kMaxSealedAad bytes
  Bytes ciphertext;  // 1 to kMaxSealedMessage bytes
  ByteArray<kGcmTagSize> tag{};
};

struct DekToRewrap {
  WrappedDek wrapped;
  Bytes aad_before;
  Bytes aad_after;
  // By which the DEK is known to be right before its old wrap is given up. Without one it is opened twice instead.
  std::optional<SealedMessage> proof{};
};

}  // namespace kaito::hsm
