#include "appliance/auth/webauthn/signature.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "appliance/auth/webauthn/attestation_certificate.hpp"
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

int credential_algorithm(const SignedData& data) {
  const cbor::Value* algorithm = data.auth_data.credential->cose_key.find(3);
  return algorithm ? static_cast<int>(algorithm->integer().value_or(0)) : 0;
}

}  // namespace

Status verify_assertion_signature(const SignedData& data, const CoseKey& key, ByteView signature) {
  KAITO_CHECK(check_size(signature));
  const auto public_key = make_public_key(key);
  if (!public_key) return refuse(Reason::signature, "the stored key cannot verify: " + public_key.error().detail);
  return settle(fido::verify_assertion(data, key, signature), key.algorithm, **public_key, signed_message(data),
                signature);
}

Status verify_packed_signature(const SignedData& data, int algorithm, ByteView signature, ByteView certificate) {
  KAITO_CHECK(check_size(signature));
  KAITO_TRY(const Certificate parsed, parse_certificate(certificate));
  KAITO_TRY(const PublicKey key, certificate_key(*parsed));
  cbor::Writer statement;
  statement.map(3).text("alg").integer(algorithm).text("sig").bytes(signature).text("x5c").array(1).bytes(certificate);
  const Verdict verdict = fido::verify_attestation(data, credential_algorithm(data), "packed", statement.view(), true);
  return settle(verdict, algorithm, *key, signed_message(data), signature);
}

Status verify_self_signature(const SignedData& data, const CoseKey& key, ByteView signature) {
  KAITO_CHECK(check_size(signature));
  KAITO_TRY(const PublicKey public_key, make_public_key(key));
  cbor::Writer statement;
  statement.map(2).text("alg").integer(key.algorithm).text("sig").bytes(signature);
  const Verdict verdict = fido::verify_attestation(data, key.algorithm, "packed", statement.view(), false);
  return settle(verdict, key.algorithm, *public_key, signed_message(data), signature);
}

Status verify_u2f_signature(const SignedData& data, const CoseKey& key, ByteView signature, ByteView certificate) {
  KAITO_CHECK(check_size(signature));
  KAITO_TRY(const Certificate parsed, parse_certificate(certificate));
  KAITO_TRY(const PublicKey public_key, certificate_key(*parsed));
  cbor::Writer statement;
  statement.map(2).text("sig").bytes(signature).text("x5c").array(1).bytes(certificate);
  const Verdict verdict = fido::verify_attestation(data, key.algorithm, "fido-u2f", statement.view(), true);
  return settle(verdict, kEs256, *public_key, u2f_message(data, key), signature);
}

}  // namespace kaito::webauthn
