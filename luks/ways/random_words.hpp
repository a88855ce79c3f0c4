// 256 random bits as a keyslot's passphrase: base64 with padding, the convention of systemd's TPM2 and FIDO2 tokens.
#pragma once

#include "appliance/base/secret.hpp"

namespace kaito::luks {

using WayBytes = Secret<struct WayBytesTag>;
inline constexpr std::size_t kWayBytes = 32;

// 44 characters for kWayBytes. The encoding does not branch on what it encodes.
Passphrase way_passphrase(const WayBytes& bytes);

}  // namespace kaito::luks
