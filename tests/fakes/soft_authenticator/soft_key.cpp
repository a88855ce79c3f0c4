#include "tests/fakes/soft_authenticator/soft_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/auth/webauthn/cose_key.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/invariant.hpp"

namespace kaito::test {

void SoftKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

SoftKey SoftKey::generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  KAITO_INVARIANT(key != nullptr);
  return SoftKey(key);
}

Result<SoftKey> SoftKey::from_der(ByteView der) {
  const unsigned char* at = der.data();
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
  if (!key) return fail(Code::invalid_request, "soft authenticator: not a private key");
  return SoftKey(key);
}

Bytes SoftKey::to_der() const {
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key_.get(), &der);
  KAITO_INVARIANT(size > 0);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

Bytes SoftKey::sign(ByteView message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 128;
  Bytes signature(size);
  const bool done = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1;
  EVP_MD_CTX_free(context);
  KAITO_INVARIANT(done);
  signature.resize(size);
  return signature;
}

Bytes SoftKey::coordinate(bool x) const {
  BIGNUM* number = nullptr;
  KAITO_INVARIANT(EVP_PKEY_get_bn_param(key_.get(), x ? OSSL_PKEY_PARAM_EC_PUB_X : OSSL_PKEY_PARAM_EC_PUB_Y, &number) ==
                  1);
  Bytes out(32);
  KAITO_INVARIANT(BN_bn2binpad(number, out.data(), 32) == 32);
  BN_free(number);
  return out;
}

Bytes SoftKey::cose_key(int algorithm) const {
  webauthn::cbor::Writer writer;
  writer.map(5).integer(1).integer(2).integer(3).integer(algorithm).integer(-1).integer(1);
  writer.integer(-2).bytes(x()).integer(-3).bytes(y());
  return writer.take();
}

Bytes SoftKey::agree(ByteView peer_x, ByteView peer_y) const {
  const auto peer = webauthn::make_public_key({.algorithm = webauthn::kEs256,
                                               .first = Bytes(peer_x.begin(), peer_x.end()),
                                               .second = Bytes(peer_y.begin(), peer_y.end())});
  if (!peer) return {};
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key_.get(), nullptr);
  Bytes shared(32);
  std::size_t size = shared.size();
  const bool done = EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer->get()) == 1 &&
                    EVP_PKEY_derive(context, shared.data(), &size) == 1;
  EVP_PKEY_CTX_free(context);
  return done ? shared : Bytes{};
}

}  // namespace kaito::test
