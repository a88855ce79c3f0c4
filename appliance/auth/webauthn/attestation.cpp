#include "appliance/auth/webauthn/attestation.hpp"

#include "appliance/auth/webauthn/reason.hpp"
#include "appliance/auth/webauthn/response_json.hpp"

namespace kaito::webauthn {
namespace {

using cbor::Type;
using cbor::Value;

Result<ByteView> signature_of(const Value& statement) {
  const Value* signature = statement.find("sig");
  if (!signature || !signature->is(Type::bytes)) return refuse(Reason::att_stmt, "statement has no signature");
  return signature->content;
}

// The certificates of x5c, each parsed to its last byte.
Result<std::vector<Certificate>> certificates_of(const Value& x5c) {
  if (!x5c.is(Type::array) || x5c.items.empty()) return refuse(Reason::att_stmt, "x5c is not a list of certificates");
  if (x5c.items.size() > kMaxCertificates) return refuse(Reason::att_stmt, "x5c has too many certificates");
  std::vector<Certificate> certificates;
  for (const Value& item : x5c.items) {
    if (!item.is(Type::bytes)) return refuse(Reason::att_stmt, "x5c holds something else than bytes");
    KAITO_TRY(Certificate certificate, parse_certificate(item.content));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

// §8.7.
Result<VerifiedAttestation> verify_none(const Value& statement) {
  if (statement.size() != 0) return refuse(Reason::att_stmt, "statement of format none is not empty");
  return VerifiedAttestation{.type = AttestationType::none};
}

// §8.2, x5c present.
Result<VerifiedAttestation> verify_packed_certified(const Value& statement, std::int64_t algorithm, const Value& x5c,
                                                    const SignedData& data, const CoseKey& credential) {
  if (std::ranges::find(kSupportedAlgorithms, algorithm) == kSupportedAlgorithms.end())
    return refuse(Reason::alg, fmt::format("attestation algorithm {} is not supported", algorithm));
  KAITO_TRY(const ByteView signature, signature_of(statement));
  KAITO_TRY(std::vector<Certificate> path, certificates_of(x5c));
  KAITO_TRY(const PublicKey key, certificate_key(*path.front()));
  if (!fits_algorithm(*key, static_cast<int>(algorithm)))
    return refuse(Reason::att_stmt, "alg does not fit the certificate's key");
  const Attester attester{
      .certificate = x5c.items.front().content, .key = *key, .algorithm = static_cast<int>(algorithm)};
  KAITO_CHECK(verify_packed_signature(data, credential, signature, attester));
  KAITO_CHECK(check_packed_certificate(*path.front(), data.auth_data.credential->aaguid));
  return VerifiedAttestation{.type = AttestationType::certified, .trust_path = std::move(path)};
}

// §8.2. ECDAA, which Level 1 had, is gone: its statement has a member too many.
Result<VerifiedAttestation> verify_packed(const Value& statement, const SignedData& data, const CoseKey& key) {
  const Value* x5c = statement.find("x5c");
  if (statement.size() != (x5c ? 3U : 2U)) return refuse(Reason::att_stmt, "packed statement has unknown members");
  const Value* alg = statement.find("alg");
  if (!alg || !alg->integer()) return refuse(Reason::att_stmt, "packed statement has no alg");
  if (x5c) return verify_packed_certified(statement, *alg->integer(), *x5c, data, key);

  if (*alg->integer() != key.algorithm) return refuse(Reason::att_stmt, "alg is not the credential key's");
  KAITO_TRY(const ByteView signature, signature_of(statement));
  KAITO_CHECK(verify_self_signature(data, key, signature));
  return VerifiedAttestation{.type = AttestationType::self};
}

// §8.6.
Result<VerifiedAttestation> verify_u2f(const Value& statement, const SignedData& data, const CoseKey& key) {
  const Value* x5c = statement.find("x5c");
  if (!x5c || statement.size() != 2) return refuse(Reason::att_stmt, "fido-u2f statement is not sig and x5c");
  KAITO_TRY(const ByteView signature, signature_of(statement));
  KAITO_TRY(std::vector<Certificate> path, certificates_of(*x5c));
  // Step 2: exactly one certificate, with a P-256 key.
  if (path.size() != 1) return refuse(Reason::att_stmt, "fido-u2f statement has more than one certificate");
  KAITO_TRY(const PublicKey certificate_public_key, certificate_key(*path.front()));
  if (!fits_algorithm(*certificate_public_key, kEs256))
    return refuse(Reason::att_stmt, "the certificate's key is not on P-256");
  // Step 4: the credential key as U2F has it, 32-byte coordinates.
  if (key.algorithm != kEs256) return refuse(Reason::att_stmt, "a U2F credential key is ES256");
  const Attester attester{
      .certificate = x5c->items.front().content, .key = *certificate_public_key, .algorithm = kEs256};
  KAITO_CHECK(verify_u2f_signature(data, key, signature, attester));
  return VerifiedAttestation{.type = AttestationType::certified, .trust_path = std::move(path)};
}

}  // namespace

Result<AttestationObject> parse_attestation_object(ByteView bytes) {
  if (bytes.size() > kMaxAttestationObjectBytes) return refuse(Reason::cbor, "attestation object is too long");
  auto decoded = cbor::decode(bytes, cbor::KeyOrder::any);
  if (!decoded) return refuse(Reason::cbor, decoded.error().detail);
  const Value* format = decoded->find("fmt");
  const Value* statement = decoded->find("attStmt");
  const Value* auth_data = decoded->find("authData");
  if (!format || !format->is(Type::text)) return refuse(Reason::cbor, "attestation object has no fmt");
  if (!statement || !statement->is(Type::map)) return refuse(Reason::cbor, "attestation object has no attStmt");
  if (!auth_data || !auth_data->is(Type::bytes)) return refuse(Reason::cbor, "attestation object has no authData");
  if (decoded->size() != 3) return refuse(Reason::cbor, "attestation object has unknown members");
  return AttestationObject{.format = *format->text(), .statement = *statement, .auth_data = auth_data->content};
}

Result<VerifiedAttestation> verify_attestation(const AttestationObject& object, const SignedData& data,
                                               const CoseKey& key) {
  if (object.format == "none") return verify_none(object.statement);
  if (object.format == "packed") return verify_packed(object.statement, data, key);
  if (object.format == "fido-u2f") return verify_u2f(object.statement, data, key);
  return refuse(Reason::fmt, "attestation statement format is not supported");
}

}  // namespace kaito::webauthn
