// Seals as an envelope does, for tests that move DEKs without one.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>

#include "appliance/base/invariant.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

namespace kaito::test {

// `text` under `dek` (32 bytes) and `aad`, with an IV of zeros: a DEK seals one message.
inline hsm::SealedMessage sealed(ByteView dek, std::string_view text, ByteView aad) {
  hsm::SealedMessage message{.aad = Bytes(aad.begin(), aad.end()), .ciphertext = Bytes(text.size())};
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  int size = 0;
  KAITO_INVARIANT(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, dek.data(), message.iv.data()) == 1 &&
                  (aad.empty() ||
                   EVP_EncryptUpdate(context.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())) == 1) &&
                  EVP_EncryptUpdate(context.get(), message.ciphertext.data(), &size,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), message.ciphertext.data() + size, &size) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(message.tag.size()),
                                      message.tag.data()) == 1);
  return message;
}

}  // namespace kaito::test
