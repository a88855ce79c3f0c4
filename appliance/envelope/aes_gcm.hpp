// AES-256-GCM (NIST SP 800-38D) through OpenSSL, with 96-bit IVs and 128-bit tags and nothing else.
#pragma once

#include <span>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::envelope {

using GcmIv = ByteArray<12>;
using GcmTag = ByteArray<16>;

// `key` is 32 bytes; `ciphertext` is as long as `plaintext`. An IV is never used twice with one key: that is the
// caller's to ensure. Fails only when OpenSSL does (Code::internal).
Status gcm_encrypt(ByteView key, const GcmIv& iv, ByteView aad, ByteView plaintext, std::span<std::uint8_t> ciphertext,
                   GcmTag& tag);

// `plaintext` is as long as `ciphertext`, and zeroed unless the tag is right. Code::integrity when it is not.
Status gcm_decrypt(ByteView key, const GcmIv& iv, ByteView aad, ByteView ciphertext, const GcmTag& tag,
                   std::span<std::uint8_t> plaintext);

}  // namespace kaito::envelope
