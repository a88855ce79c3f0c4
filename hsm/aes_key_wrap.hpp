// AES key wrap of 256-bit keys (RFC 3394, RFC 5649) with a key in a token.
#pragma once

#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/session.hpp"

namespace kaito::hsm {

inline constexpr std::size_t kKeyWrapSize = kDekSize + 8;  // both kinds give as much for a 32-byte key

enum class KeyWrap : std::uint8_t {
  kw,   // RFC 3394
  kwp,  // RFC 5649, as CKM_AES_KEY_WRAP_KWP or under the older number CKM_AES_KEY_WRAP_PAD
};

// By C_WrapKey: `key` becomes a session object for a moment. `mechanism` is one that does the wanted kind.
TokenOutcome wrap_natively(Session& session, CK_MECHANISM_TYPE mechanism, ObjectHandle kek, ByteView key,
                           std::span<std::uint8_t, kKeyWrapSize> out);
// A wrapped key that fails its integrity check is a data_error, and `key` stays as it was.
TokenOutcome unwrap_natively(Session& session, CK_MECHANISM_TYPE mechanism, ObjectHandle kek, ByteView wrapped,
                             std::span<std::uint8_t, kDekSize> key);

// By 24 single blocks through `mode` (CKM_AES_ECB or CKM_AES_CBC), for tokens without the mechanism: the same bytes
// come out. Slow where each call is a trip over a network.
TokenOutcome wrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode, KeyWrap kind, ObjectHandle kek, ByteView key,
                            std::span<std::uint8_t, kKeyWrapSize> out);
TokenOutcome unwrap_by_blocks(Session& session, CK_MECHANISM_TYPE mode, KeyWrap kind, ObjectHandle kek,
                              ByteView wrapped, std::span<std::uint8_t, kDekSize> key);

}  // namespace kaito::hsm
