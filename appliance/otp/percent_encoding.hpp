// Percent-encoding (RFC 3986 §2.1) of text that may hold a secret.
#pragma once

#include <string_view>

#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::otp {

enum class Plus : std::uint8_t { literal, space };

// Fails naming `field` when a % is not followed by two hex digits. `plus` says what + stands for: itself in a path, a
// space in a query (application/x-www-form-urlencoded, which most programs write there).
Result<WipedBytes> percent_decode(std::string_view field, std::string_view text, Plus plus);

}  // namespace kaito::otp
