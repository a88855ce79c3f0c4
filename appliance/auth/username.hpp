// User and staff names have one form, so that one account has one counter and one lock (F35).
#pragma once

#include <string>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::auth {

inline constexpr std::size_t kMaxUsername = 128;

// Trims ASCII spaces and lowers A to Z; what remains must be 1 to 128 characters of [a-z0-9._@+-]. Anything else,
// every non-ASCII character among it, is Code::invalid_request that names `field`: look-alikes and other normal
// forms cannot name an account at all.
Result<std::string> normalise_username(std::string_view text, std::string_view field = "username");

}  // namespace kaito::auth
