// Which passwords may be set (S5). Length over composition rules: NIST SP 800-63B §3.1.1.2.
#pragma once

#include <string_view>

#include "appliance/base/secret.hpp"

namespace kaito::auth {

inline constexpr std::size_t kMinPasswordCharacters = 12;  // Unicode code points
inline constexpr std::size_t kMaxPasswordBytes = 1024;

// Refuses, with field `field`: fewer than 12 characters, over 1024 bytes, bytes that are not UTF-8 (RFC 3629), control
// characters, the user's or the org's name (without regard to ASCII case), one character repeated. The bytes are used
// as they came: no Unicode normalisation is done, so the same password typed in another normal form is another
// password.
Status check_password(const Passphrase& password, std::string_view username, std::string_view org_name,
                      std::string_view field);

}  // namespace kaito::auth
