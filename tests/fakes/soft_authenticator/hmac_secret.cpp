#include "tests/fakes/soft_authenticator/hmac_secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace kaito::test {
namespace {

using webauthn::cbor::Type;
using webauthn::cbor::Value;

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kMacBytes = 16;  // protocol one cuts the HMAC

ByteArray<32> hmac(ByteView key, ByteView message) {
  ByteArray<32> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), mac.data(), &size);
  return mac;
}

// "CredRandom": of the credential alone, so that the file of credentials keeps it.
ByteArray<32> credential_secret(const SoftCredential& credential) {
  return hmac(credential.key.to_der(), as_bytes("hmac-secret"));
}

}  // namespace

bool asks_for_hmac_secret(const Value* extensions) {
  const Value* const asked = extensions ? extensions->find("hmac-secret") : nullptr;
  return asked && asked->is(Type::simple) && asked->argument == 21;
}

CtapResult<Bytes> hmac_secret_output(const SoftAuthenticator::State& state, const SoftCredential& credential,
                                     const Value* extensions) {
  const Value* const asked = extensions ? extensions->find("hmac-secret") : nullptr;
  if (!asked) return Bytes{};
  const Value* const peer = asked->find(1);
  const Value* const salt_enc = asked->find(2);
  const Value* const salt_auth = asked->find(3);
  if (!peer || !salt_enc || !salt_auth) return std::unexpected(CtapStatus::missing_parameter);
  const auto shared = state.pin.shared_secret(*peer);
  if (!shared) return std::unexpected(CtapStatus::cbor_unexpected_type);
  const auto mac = hmac(*shared, salt_enc->content);
  if (salt_auth->content.size() != kMacBytes || CRYPTO_memcmp(salt_auth->content.data(), mac.data(), kMacBytes) != 0)
    return std::unexpected(CtapStatus::pin_auth_invalid);
  const Bytes salts = aes_256_cbc(false, *shared, salt_enc->content);
  if (salts.size() != kSaltBytes && salts.size() != 2 * kSaltBytes)
    return std::unexpected(CtapStatus::cbor_unexpected_type);
  Bytes output;
  for (std::size_t at = 0; at < salts.size(); at += kSaltBytes)
    append(output, hmac(credential_secret(credential), ByteView(salts).subspan(at, kSaltBytes)));
  return aes_256_cbc(true, *shared, output);
}

}  // namespace kaito::test
