// How a key is wrapped: the number that stands in a blob.
#pragma once

#include <cstdint>

namespace kaito::hsm {

enum class WrapScheme : std::uint8_t {
  aes_kw = 1,    // RFC 3394, with a binding in place of AAD
  aes_gcm = 2,   // NIST SP 800-38D, with AAD; DEKs only
  aes_kwp = 3,   // RFC 5649, with a binding in place of AAD
  rsa_oaep = 4,  // RFC 8017 §7.1 with SHA-1 and MGF1-SHA-1, with a binding; of DEKs in customers' tokens only
};

}  // namespace kaito::hsm
