// An Ed25519 key in memory, in the place of the HSM's: tests of the log need signatures, not their keeper.
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "appliance/audit/journal.hpp"
#include "appliance/base/invariant.hpp"

namespace kaito::audit {

class SoftwareSigner final : public CheckpointSigner {
 public:
  explicit SoftwareSigner(std::uint8_t seed, KeyVersion version = 1) : version_(version) {
    ByteArray<32> secret{};
    secret.fill(seed);
    key_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
    std::size_t size = public_key_.size();
    KAITO_INVARIANT(key_ && EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size) == 1);
  }

  [[nodiscard]] ByteArray<64> signature(ByteView message) const {
    ByteArray<64> signature{};
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool done = EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get()) == 1 &&
                      EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1;
    EVP_MD_CTX_free(context);
    KAITO_INVARIANT(done);
    return signature;
  }

  Task<Result<ByteArray<64>>> sign(Bytes message) override {
    if (broken) co_return ByteArray<64>{};
    co_return signature(message);
  }
  [[nodiscard]] const ByteArray<32>& public_key() const override { return public_key_; }
  [[nodiscard]] KeyVersion key_version() const override { return version_; }

  bool broken = false;  // signs wrongly

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  ByteArray<32> public_key_{};
  KeyVersion version_;
};

}  // namespace kaito::audit
