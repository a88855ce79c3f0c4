// How a key is wrapped: the number that stands in a blob.
#pragma once

#include <cstdint>

namespace kaito::hsm {

enum class WrapScheme : std::uint8_t {
  aes_kw = 1,   // RFC 3394 (CKM_AES_KEY_WRAP), with a binding in place of AAD
  aes_gcm = 2,  // NIST SP 800-38D, with AAD
};

}  // namespace kaito::hsm
