// A message that is sealed under a DEK by AES-256-GCM (NIST SP 800-38D). It proves the DEK: no other one opens it, so
// whoever holds a DEK's bytes can see for themselves whether an HSM that handed them out told the truth.
#pragma once

#include <memory>

#include "appliance/base/bytes.hpp"
#include "appliance/base/secret.hpp"
#include "hsm/protocol/wrapped_dek.hpp"

// OpenSSL's, named here so that who includes this needs none of its headers.
struct evp_cipher_st;
struct evp_cipher_ctx_st;

namespace kaito::hsm {

// Refers to a SealedMessage, or to the frame that it came in.
struct SealedMessageView {
  ByteView iv;          // kGcmIvSize bytes
  ByteView aad;         // at most kMaxSealedAad
  ByteView ciphertext;  // 1 to kMaxSealedMessage
  ByteView tag;         // kGcmTagSize
};
inline SealedMessageView view_of(const SealedMessage& message) noexcept {
  return {.iv = message.iv, .aad = message.aad, .ciphertext = message.ciphertext, .tag = message.tag};
}

// Opens messages to see whether they open; the plaintext goes to locked memory, is wiped and never given out. The
// cipher is fetched once and its context kept, which is most of what opening a short message costs. Not thread-safe.
class SealCheck {
 public:
  SealCheck();
  // Whether `dek` (kDekSize bytes) opens the message. False also for a message that is out of bounds.
  [[nodiscard]] bool opens(ByteView dek, const SealedMessageView& message);
  // Wipes what is left of the last DEK: its key schedule.
  void forget() noexcept;

 private:
  struct CipherFree {
    void operator()(evp_cipher_st* cipher) const noexcept;
  };
  struct ContextFree {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_cipher_st, CipherFree> cipher_;
  std::unique_ptr<evp_cipher_ctx_st, ContextFree> context_;
  Secret<struct SealedMessageTag> plaintext_{kMaxSealedMessage};
};

}  // namespace kaito::hsm
