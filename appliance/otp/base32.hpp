// Secrets as people write them (RFC 4648 §6).
#pragma once

#include <string_view>

#include "appliance/base/secret.hpp"

namespace kaito::otp {

// Accepts both cases, spaces and hyphens anywhere, padding or none. Bits left over after the last byte are ignored, as
// authenticator apps do (services make secrets of random characters, whose last bits are seldom zero); a count of
// characters that no encoder makes (1, 3 or 6 over a multiple of 8) is refused, since it means that one is missing.
// Limits: 1024 characters in, 1 to 128 bytes out. Errors name `secret` and the position, never the text.
Result<Seed> decode_base32(std::string_view text);

}  // namespace kaito::otp
