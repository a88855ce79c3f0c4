#include "hsm/protocol/sealed_message.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {
namespace {

bool within_bounds(const SealedMessageView& message) {
  return message.iv.size() == kGcmIvSize && message.tag.size() == kGcmTagSize && message.aad.size() <= kMaxSealedAad &&
         !message.ciphertext.empty() && message.ciphertext.size() <= kMaxSealedMessage;
}

}  // namespace

void SealCheck::CipherFree::operator()(evp_cipher_st* cipher) const noexcept { EVP_CIPHER_free(cipher); }
void SealCheck::ContextFree::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }

SealCheck::SealCheck() : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)), context_(EVP_CIPHER_CTX_new()) {
  KAITO_INVARIANT(cipher_ != nullptr && context_ != nullptr);
}

bool SealCheck::opens(ByteView dek, const SealedMessageView& message) {
  KAITO_INVARIANT(dek.size() == kDekSize);
  if (!within_bounds(message)) return false;
  ByteArray<kGcmTagSize> tag{};  // OpenSSL takes a pointer to non-const
  std::ranges::copy(message.tag, tag.begin());
  const auto plaintext = plaintext_.expose_secret();
  int size = 0;
  const bool right =
      EVP_DecryptInit_ex2(context_.get(), cipher_.get(), dek.data(), message.iv.data(), nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1 &&
      (message.aad.empty() || EVP_DecryptUpdate(context_.get(), nullptr, &size, message.aad.data(),
                                                static_cast<int>(message.aad.size())) == 1) &&
      EVP_DecryptUpdate(context_.get(), plaintext.data(), &size, message.ciphertext.data(),
                        static_cast<int>(message.ciphertext.size())) == 1 &&
      EVP_DecryptFinal_ex(context_.get(), plaintext.data() + size, &size) == 1;
  wipe(plaintext.first(message.ciphertext.size()));
  return right;
}

void SealCheck::forget() noexcept { EVP_CIPHER_CTX_reset(context_.get()); }

}  // namespace kaito::hsm
