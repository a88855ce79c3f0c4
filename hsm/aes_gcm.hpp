// AES-GCM (NIST SP 800-38D) in a token.
#pragma once

#include "hsm/session.hpp"

namespace kaito::hsm {

// Writes ciphertext ‖ tag: `out` has plaintext.size() + tag_size bytes. `iv` is replaced where the HSM insists on its
// own (F13): store what it holds afterwards.
TokenOutcome gcm_seal(Session& session, ObjectHandle key, std::span<std::uint8_t> iv, ByteView aad, ByteView plaintext,
                      std::size_t tag_size, std::span<std::uint8_t> out);

// `sealed` is ciphertext ‖ tag; `out` has sealed.size() - tag_size bytes. A tag that does not match is a data_error and
// leaves `out` zero.
TokenOutcome gcm_open(Session& session, ObjectHandle key, ByteView iv, ByteView aad, ByteView sealed,
                      std::size_t tag_size, std::span<std::uint8_t> out);

}  // namespace kaito::hsm
