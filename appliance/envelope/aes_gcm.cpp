#include "appliance/envelope/aes_gcm.hpp"

#include <openssl/evp.h>

#include <memory>

#include "appliance/base/invariant.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::envelope {
namespace {

struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
struct CipherFree {
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
};

// Fetched once: a fetch walks the provider tables and takes locks.
const EVP_CIPHER* aes_256_gcm() {
  static const std::unique_ptr<EVP_CIPHER, CipherFree> cipher(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  KAITO_INVARIANT(cipher != nullptr);
  return cipher.get();
}

// One context a thread. Reset after each use, which wipes the key schedule.
class Context {
 public:
  Context() : context_(thread_context()) {}
  ~Context() { EVP_CIPHER_CTX_reset(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  [[nodiscard]] EVP_CIPHER_CTX* get() const noexcept { return context_; }

 private:
  static EVP_CIPHER_CTX* thread_context() {
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, ContextFree> context(EVP_CIPHER_CTX_new());
    KAITO_INVARIANT(context != nullptr);
    return context.get();
  }
  EVP_CIPHER_CTX* context_;
};

std::unexpected<Error> openssl_failed() { return fail(Code::internal, "AES-256-GCM failed in OpenSSL"); }

}  // namespace

Status gcm_encrypt(ByteView key, const GcmIv& iv, ByteView aad, ByteView plaintext, std::span<std::uint8_t> ciphertext,
                   GcmTag& tag) {
  KAITO_INVARIANT(key.size() == 32 && ciphertext.size() == plaintext.size());
  const Context context;
  int length = 0;
  if (EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), key.data(), iv.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &length, aad.data(), static_cast<int>(aad.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), ciphertext.data(), &length, plaintext.data(),
                        static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), ciphertext.data() + length, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()) != 1)
    return openssl_failed();
  return {};
}

Status gcm_decrypt(ByteView key, const GcmIv& iv, ByteView aad, ByteView ciphertext, const GcmTag& tag,
                   std::span<std::uint8_t> plaintext) {
  KAITO_INVARIANT(key.size() == 32 && ciphertext.size() == plaintext.size());
  const Context context;
  GcmTag expected = tag;  // OpenSSL takes a pointer to non-const
  int length = 0;
  if (EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), key.data(), iv.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected.size()), expected.data()) !=
          1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &length, aad.data(), static_cast<int>(aad.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), plaintext.data(), &length, ciphertext.data(),
                        static_cast<int>(ciphertext.size())) != 1) {
    wipe(plaintext);
    return openssl_failed();
  }
  if (EVP_DecryptFinal_ex(context.get(), plaintext.data() + length, &length) != 1) {
    wipe(plaintext);  // unauthenticated plaintext never leaves
    return fail(Code::integrity, "authentication tag does not match");
  }
  return {};
}

}  // namespace kaito::envelope
