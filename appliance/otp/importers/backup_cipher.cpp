#include "appliance/otp/importers/backup_cipher.hpp"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <bit>
#include <limits>
#include <memory>

#include "appliance/crypto/hmac.hpp"

namespace kaito::otp {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kBlockBytes = 16;
constexpr std::uint64_t kMaxScryptMemory = 128ULL * 1024 * 1024;

const char* characters(const Passphrase& password) {
  // The libraries refuse a null pointer even for a length of 0.
  return password.empty() ? "" : reinterpret_cast<const char*>(password.expose_secret().data());
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

// Both ciphers decrypt in one update and a final, which checks the tag or the padding.
std::optional<WipedBytes> decrypt(EVP_CIPHER_CTX* context, ByteView ciphertext) {
  if (ciphertext.size() > std::numeric_limits<int>::max() / 2) return std::nullopt;
  WipedBytes plain(ciphertext.size() + kBlockBytes);
  int size = 0;
  int rest = 0;
  if (EVP_DecryptUpdate(context, plain.data(), &size, ciphertext.data(), static_cast<int>(ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(context, plain.data() + size, &rest) != 1)
    return std::nullopt;
  plain.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(rest));
  return plain;
}

}  // namespace

Result<BackupKey> derive_scrypt(const Passphrase& password, ByteView salt, const ScryptCost& cost) {
  const bool bounded = cost.n >= 2 && cost.n <= 1U << 17 && std::has_single_bit(cost.n) && cost.r >= 1 &&
                       cost.r <= 16 && cost.p >= 1 && cost.p <= 4 && 128 * cost.n * cost.r <= kMaxScryptMemory;
  if (!bounded) return fail_invalid("scrypt", "parameters are out of bounds");
  BackupKey key(kKeyBytes);
  if (EVP_PBE_scrypt(characters(password), password.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                     2 * kMaxScryptMemory, key.expose_secret().data(), key.size()) != 1)
    return fail(Code::internal, "scrypt failed");
  return key;
}

Result<BackupKey> derive_pbkdf2(const Passphrase& password, ByteView salt, std::uint64_t iterations) {
  if (iterations < 1 || iterations > 2'000'000) return fail_invalid("pbkdf2", "iterations are out of bounds");
  BackupKey key(kKeyBytes);
  if (PKCS5_PBKDF2_HMAC(characters(password), static_cast<int>(password.size()), salt.data(),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(key.size()), key.expose_secret().data()) != 1)
    return fail(Code::internal, "PBKDF2 failed");
  return key;
}

Result<BackupKey> derive_argon2id(const Passphrase& password, ByteView salt, const Argon2Cost& cost) {
  const bool bounded = cost.iterations >= 1 && cost.iterations <= 10 && cost.memory_mib >= 1 &&
                       cost.memory_mib <= 256 && cost.lanes >= 1 && cost.lanes <= 16 && salt.size() >= 8;
  if (!bounded) return fail_invalid("argon2id", "parameters are out of bounds");
  BackupKey key(kKeyBytes);
  if (argon2id_hash_raw(static_cast<std::uint32_t>(cost.iterations), static_cast<std::uint32_t>(cost.memory_mib * 1024),
                        static_cast<std::uint32_t>(cost.lanes), characters(password), password.size(), salt.data(),
                        salt.size(), key.expose_secret().data(), key.size()) != ARGON2_OK)
    return fail(Code::internal, "Argon2id failed");
  return key;
}

Result<BackupKey> expand_key(const BackupKey& key, std::string_view info) {
  Bytes message(info.begin(), info.end());
  message.push_back(1);  // the first and only block
  KAITO_TRY(crypto::Mac block, crypto::hmac(crypto::HashFunction::sha256, key.expose_secret(), message));
  BackupKey expanded = BackupKey::copy_of(block.view());
  wipe(std::span<std::uint8_t>(block.bytes));
  return expanded;
}

std::optional<WipedBytes> open_gcm(const BackupKey& key, ByteView nonce, ByteView ciphertext, ByteView tag) {
  if (key.size() != kKeyBytes || nonce.size() != kNonceBytes || tag.size() != kGcmTagBytes) return std::nullopt;
  const CipherContext context(EVP_CIPHER_CTX_new());
  ByteArray<kGcmTagBytes> expected{};
  std::copy(tag.begin(), tag.end(), expected.begin());
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.expose_secret().data(), nonce.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected.size()), expected.data()) !=
          1)
    return std::nullopt;
  return decrypt(context.get(), ciphertext);
}

std::optional<WipedBytes> open_cbc_hmac(const BackupKey& encryption, const BackupKey& authentication, ByteView iv,
                                        ByteView ciphertext, ByteView mac) {
  if (encryption.size() != kKeyBytes || iv.size() != kBlockBytes || mac.size() != kKeyBytes) return std::nullopt;
  Bytes covered(iv.begin(), iv.end());
  append(covered, ciphertext);
  const auto expected = crypto::hmac(crypto::HashFunction::sha256, authentication.expose_secret(), covered);
  if (!expected || CRYPTO_memcmp(expected->bytes.data(), mac.data(), mac.size()) != 0) return std::nullopt;
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_cbc(), encryption.expose_secret().data(), iv.data(), nullptr) != 1)
    return std::nullopt;
  return decrypt(context.get(), ciphertext);
}

ByteArray<32> sha256(ByteView bytes) {
  ByteArray<32> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace kaito::otp
