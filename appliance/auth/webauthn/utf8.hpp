// Is this UTF-8?
#pragma once

#include "appliance/base/bytes.hpp"

namespace kaito::webauthn {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(ByteView text) noexcept;

}  // namespace kaito::webauthn
