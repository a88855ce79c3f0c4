#include "appliance/auth/webauthn/signature.hpp"

#include <openssl/evp.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/auth/webauthn/fido_verify.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/response_json.hpp"

namespace kaito::webauthn {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

const EVP_MD* digest_of(int algorithm) noexcept {
  switch (algorithm) {
    case kEs256:
    case kRs256: return EVP_sha256();
    case kEs384: return EVP_sha384();
    default: return nullptr;  // Ed25519 hashes by itself
  }
}

bool openssl_verifies(int algorithm, EVP_PKEY& key, ByteView message, ByteView signature) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm), nullptr, &key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

Bytes signed_message(const SignedData& data) {
  Bytes message(data.auth_data.raw.begin(), data.auth_data.raw.end());
  append(message, data.client_data_hash);
  return message;
}

// §8.6 step 5: verificationData.
Bytes u2f_message(const SignedData& data, const CoseKey& key) {
  Bytes message{0x00};
  append(message, data.auth_data.rp_id_hash);
  append(message, data.client_data_hash);
  append(message, data.auth_data.credential->credential_id);
  append(message, key.uncompressed_point());
  return message;
}

Status settle(Verdict verdict, int algorithm, EVP_PKEY& key, ByteView message, ByteView signature) {
  if (verdict == Verdict::declined)
    verdict = openssl_verifies(algorithm, key, message, signature) ? Verdict::valid : Verdict::invalid;
  if (verdict != Verdict::valid) return refuse(Reason::signature, "signature is not valid");
  return {};
}

Status check_size(ByteView signature) {
  if (signature.empty()) return refuse(Reason::signature, "signature is empty");
  if (signature.size() > kMaxSignatureBytes) return refuse(Reason::signature, "signature is too long");
  return {};
}

}  // namespace

Status verify_assertion_signature(const SignedData& data, const CoseKey& key, ByteView signature) {
  KAITO_CHECK(check_size(signature));
  const auto public_key = make_public_key(key);
  if (!public_key) return refuse(Reason::signature, "the stored key cannot verify: " + public_key.error().detail);
  return settle(fido::verify_assertion(data, key, signature), key.algorithm, **public_key, signed_message(data),
                signature);
}

Status verify_packed_signature(const SignedData& data, const CoseKey& credential, ByteView signature,
                               const Attester& attester) {
  KAITO_CHECK(check_size(signature));
  cbor::Writer statement;
  statement.map(3).text("alg").integer(attester.algorithm).text("sig").bytes(signature);
  statement.text("x5c").array(1).bytes(attester.certificate);
  const Verdict verdict = fido::verify_attestation(data, credential.algorithm, "packed", statement.view(), true);
  return settle(verdict, attester.algorithm, attester.key, signed_message(data), signature);
}

Status verify_self_signature(const SignedData& data, const CoseKey& credential, ByteView signature) {
  KAITO_CHECK(check_size(signature));
  KAITO_TRY(const PublicKey key, make_public_key(credential));
  cbor::Writer statement;
  statement.map(2).text("alg").integer(credential.algorithm).text("sig").bytes(signature);
  const Verdict verdict = fido::verify_attestation(data, credential.algorithm, "packed", statement.view(), false);
  return settle(verdict, credential.algorithm, *key, signed_message(data), signature);
}

Status verify_u2f_signature(const SignedData& data, const CoseKey& credential, ByteView signature,
                            const Attester& attester) {
  KAITO_CHECK(check_size(signature));
  cbor::Writer statement;
  statement.map(2).text("sig").bytes(signature).text("x5c").array(1).bytes(attester.certificate);
  const Verdict verdict = fido::verify_attestation(data, credential.algorithm, "fido-u2f", statement.view(), true);
  return settle(verdict, attester.algorithm, attester.key, u2f_message(data, credential), signature);
}

}  // namespace kaito::webauthn
