// libfido2's status codes in the product's words.
#pragma once

#include <string_view>

#include "appliance/base/error.hpp"

namespace kaito::fido_client {

// `status`: any FIDO_ERR_* but FIDO_OK. `doing`: what failed, as in "opening the security key". The error's detail says
// what the user can do about it where there is one thing.
Error fido_error(int status, std::string_view doing);

}  // namespace kaito::fido_client
