// The key derivations and ciphers of other programs' encrypted exports. For reading only: nothing of ours is encrypted
// this way. Costs are bounded, since the file says them: at most about 256 MiB and a few seconds for one derivation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "appliance/base/secret.hpp"
#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::otp {

using BackupKey = Secret<struct BackupKeyTag>;  // 32 bytes

// RFC 7914. `n` a power of two to 2^17, `r` to 16, `p` to 4, 128·n·r at most 128 MiB; else an error that names
// `scrypt`.
struct ScryptCost {
  std::uint64_t n = 0;
  std::uint64_t r = 0;
  std::uint64_t p = 0;
};
Result<BackupKey> derive_scrypt(const Passphrase& password, ByteView salt, const ScryptCost& cost);

// RFC 8018 with HMAC-SHA-256, 1 to 2,000,000 iterations; else an error that names `pbkdf2`.
Result<BackupKey> derive_pbkdf2(const Passphrase& password, ByteView salt, std::uint64_t iterations);

// RFC 9106. 1 to 10 iterations, 1 to 256 MiB, 1 to 16 lanes, salt of 8 bytes or more; else an error that names
// `argon2id`.
struct Argon2Cost {
  std::uint64_t iterations = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t lanes = 0;
};
Result<BackupKey> derive_argon2id(const Passphrase& password, ByteView salt, const Argon2Cost& cost);

// HKDF-Expand with SHA-256 (RFC 5869 §2.3) to 32 bytes, `info` up to 31 bytes.
Result<BackupKey> expand_key(const BackupKey& key, std::string_view info);

inline constexpr std::size_t kGcmTagBytes = 16;

// AES-256-GCM, 12-byte nonce, 16-byte tag. Nothing when the tag does not match.
std::optional<WipedBytes> open_gcm(const BackupKey& key, ByteView nonce, ByteView ciphertext, ByteView tag);

// AES-256-CBC with PKCS#7 padding behind HMAC-SHA-256 over iv ‖ ciphertext. Nothing when the MAC does not match.
std::optional<WipedBytes> open_cbc_hmac(const BackupKey& encryption, const BackupKey& authentication, ByteView iv,
                                        ByteView ciphertext, ByteView mac);

ByteArray<32> sha256(ByteView bytes);

}  // namespace kaito::otp
