#include "tests/fakes/soft_authenticator/client_pin.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/base/random.hpp"
#include "tests/fakes/soft_authenticator/ctap_status.hpp"

namespace kaito::test {
namespace {

using webauthn::cbor::Value;
using webauthn::cbor::Writer;

constexpr int kGetRetries = 1;
constexpr int kGetKeyAgreement = 2;
constexpr int kGetPinToken = 5;
constexpr int kEcdhEsHkdf256 = -25;
constexpr int kFailuresUntilReplug = 3;

ByteArray<32> sha256(ByteView input) {
  ByteArray<32> digest{};
  SHA256(input.data(), input.size(), digest.data());
  return digest;
}

}  // namespace

Bytes aes_256_cbc(bool encrypt, ByteView key, ByteView input) {
  const ByteArray<16> iv{};
  Bytes output(input.size());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  int size = 0;
  const bool done = EVP_CipherInit_ex(context, EVP_aes_256_cbc(), nullptr, key.data(), iv.data(), encrypt) == 1 &&
                    EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                    EVP_CipherUpdate(context, output.data(), &size, input.data(), static_cast<int>(input.size())) == 1;
  EVP_CIPHER_CTX_free(context);
  return done ? output : Bytes{};
}

ClientPin::ClientPin() : agreement_(SoftKey::generate()) { SystemRandom().fill(token_); }

Bytes ClientPin::handle(const Value& parameters, Behaviour& behaviour) {
  const Value* subcommand = parameters.find(2);
  if (!subcommand) return status_only(CtapStatus::missing_parameter);
  const std::int64_t command = subcommand->integer().value_or(0);
  // hmac-secret agrees on a key without a PIN, too.
  if (!behaviour.pin && command != kGetKeyAgreement) return status_only(CtapStatus::pin_not_set);
  Writer writer;
  switch (command) {
    case kGetRetries: return reply_with(writer.map(1).integer(3).integer(behaviour.pin_tries));
    case kGetKeyAgreement: return reply_with(writer.map(1).integer(1).raw(agreement_.cose_key(kEcdhEsHkdf256)));
    case kGetPinToken: return get_token(parameters, behaviour);
    default: return status_only(CtapStatus::unsupported_option);
  }
}

Bytes ClientPin::get_token(const Value& parameters, Behaviour& behaviour) {
  const Value* peer = parameters.find(3);
  const Value* pin_hash_enc = parameters.find(6);
  if (!peer || !pin_hash_enc || pin_hash_enc->content.size() != 16) return status_only(CtapStatus::missing_parameter);
  if (behaviour.pin_tries == 0) return status_only(CtapStatus::pin_blocked);
  if (failures_in_a_row_ >= kFailuresUntilReplug) return status_only(CtapStatus::pin_auth_blocked);

  const auto shared = shared_secret(*peer);
  if (!shared) return status_only(CtapStatus::cbor_unexpected_type);
  const ByteArray<32> expected = sha256(as_bytes(*behaviour.pin));
  const Bytes given = aes_256_cbc(false, *shared, pin_hash_enc->content);
  --behaviour.pin_tries;
  if (given.size() != 16 || CRYPTO_memcmp(given.data(), expected.data(), 16) != 0) {
    agreement_ = SoftKey::generate();
    if (behaviour.pin_tries == 0) return status_only(CtapStatus::pin_blocked);
    return status_only(++failures_in_a_row_ >= kFailuresUntilReplug ? CtapStatus::pin_auth_blocked
                                                                    : CtapStatus::pin_invalid);
  }
  behaviour.pin_tries = Behaviour{}.pin_tries;
  failures_in_a_row_ = 0;
  Writer writer;
  return reply_with(writer.map(1).integer(2).bytes(aes_256_cbc(true, *shared, token_)));
}

std::optional<ByteArray<32>> ClientPin::shared_secret(const Value& peer) const {
  const Value* const x = peer.find(-2);
  const Value* const y = peer.find(-3);
  if (!x || !y) return std::nullopt;
  const Bytes shared_x = agreement_.agree(x->content, y->content);
  if (shared_x.empty()) return std::nullopt;
  return sha256(shared_x);
}

bool ClientPin::verifies(ByteView authenticator, ByteView client_data_hash) const {
  ByteArray<32> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), token_.data(), static_cast<int>(token_.size()), client_data_hash.data(), client_data_hash.size(),
       mac.data(), &size);
  return authenticator.size() == 16 && CRYPTO_memcmp(authenticator.data(), mac.data(), 16) == 0;
}

}  // namespace kaito::test
