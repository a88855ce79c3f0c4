#include "appliance/auth/webauthn/fido_verify.hpp"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

#include <memory>

#include "appliance/auth/webauthn/relying_party.hpp"

namespace kaito::webauthn::fido {
namespace {

struct Free {
  void operator()(fido_assert_t* assertion) const noexcept { fido_assert_free(&assertion); }
  void operator()(fido_cred_t* credential) const noexcept { fido_cred_free(&credential); }
  void operator()(es256_pk_t* key) const noexcept { es256_pk_free(&key); }
  void operator()(es384_pk_t* key) const noexcept { es384_pk_free(&key); }
  void operator()(rs256_pk_t* key) const noexcept { rs256_pk_free(&key); }
  void operator()(eddsa_pk_t* key) const noexcept { eddsa_pk_free(&key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Verdict verdict(int status) noexcept {
  if (status == FIDO_OK) return Verdict::valid;
  return status == FIDO_ERR_INVALID_SIG ? Verdict::invalid : Verdict::declined;
}

template <class Key>
Verdict verify_with(const fido_assert_t& assertion, int algorithm, Owned<Key> key,
                    int (*from_bytes)(Key*, const void*, std::size_t), ByteView bytes) {
  if (!key || from_bytes(key.get(), bytes.data(), bytes.size()) != FIDO_OK) return Verdict::declined;
  return verdict(fido_assert_verify(&assertion, 0, algorithm, key.get()));
}

Verdict verify_with(const fido_assert_t& assertion, const CoseKey& key) {
  Bytes bytes = key.first;
  append(bytes, key.second);
  switch (key.algorithm) {
    case kEs256:
      return verify_with(assertion, key.algorithm, Owned<es256_pk_t>(es256_pk_new()), es256_pk_from_ptr, bytes);
    case kEs384:
      return verify_with(assertion, key.algorithm, Owned<es384_pk_t>(es384_pk_new()), es384_pk_from_ptr, bytes);
    case kRs256:
      return verify_with(assertion, key.algorithm, Owned<rs256_pk_t>(rs256_pk_new()), rs256_pk_from_ptr, bytes);
    case kEdDsa:
      return verify_with(assertion, key.algorithm, Owned<eddsa_pk_t>(eddsa_pk_new()), eddsa_pk_from_ptr, bytes);
    default: return Verdict::declined;
  }
}

bool is_true(const cbor::Value* value) { return value && value->is(cbor::Type::simple) && value->argument == 21; }

// libfido2 wants to be told which extensions were asked for, and compares that with the outputs that it knows.
int assertion_extensions(const AuthenticatorData& data) {
  if (!data.extensions) return 0;
  int mask = 0;
  if (data.extensions->find("hmac-secret")) mask |= FIDO_EXT_HMAC_SECRET;
  if (data.extensions->find("credBlob")) mask |= FIDO_EXT_CRED_BLOB;
  return mask;
}

bool set_credential_extensions(fido_cred_t& credential, const AuthenticatorData& data) {
  if (!data.extensions) return true;
  const cbor::Value& outputs = *data.extensions;
  int mask = 0;
  if (is_true(outputs.find("hmac-secret"))) mask |= FIDO_EXT_HMAC_SECRET;
  if (is_true(outputs.find("credBlob"))) mask |= FIDO_EXT_CRED_BLOB;
  if (fido_cred_set_extensions(&credential, mask) != FIDO_OK) return false;
  if (const cbor::Value* protect = outputs.find("credProtect"))
    if (fido_cred_set_prot(&credential, static_cast<int>(protect->integer().value_or(0) & 0xff)) != FIDO_OK)
      return false;
  if (const cbor::Value* length = outputs.find("minPinLength"))
    if (fido_cred_set_pin_minlen(&credential, static_cast<std::size_t>(length->integer().value_or(0) & 0xff)) !=
        FIDO_OK)
      return false;
  return true;
}

}  // namespace

Verdict verify_assertion(const SignedData& data, const CoseKey& key, ByteView signature) {
  const Owned<fido_assert_t> assertion(fido_assert_new());
  const std::string rp_id(data.rp_id);
  const ByteView auth_data = data.auth_data.raw;
  if (!assertion || fido_assert_set_rp(assertion.get(), rp_id.c_str()) != FIDO_OK ||
      fido_assert_set_clientdata_hash(assertion.get(), data.client_data_hash.data(), data.client_data_hash.size()) !=
          FIDO_OK ||
      fido_assert_set_count(assertion.get(), 1) != FIDO_OK ||
      fido_assert_set_authdata_raw(assertion.get(), 0, auth_data.data(), auth_data.size()) != FIDO_OK ||
      fido_assert_set_sig(assertion.get(), 0, signature.data(), signature.size()) != FIDO_OK ||
      fido_assert_set_extensions(assertion.get(), assertion_extensions(data.auth_data)) != FIDO_OK)
    return Verdict::declined;
  return verify_with(*assertion, key);
}

Verdict verify_attestation(const SignedData& data, int credential_algorithm, const char* format, ByteView statement,
                           bool certified) {
  const Owned<fido_cred_t> credential(fido_cred_new());
  const std::string rp_id(data.rp_id);
  const ByteView auth_data = data.auth_data.raw;
  if (!credential || fido_cred_set_type(credential.get(), credential_algorithm) != FIDO_OK ||
      fido_cred_set_rp(credential.get(), rp_id.c_str(), nullptr) != FIDO_OK ||
      fido_cred_set_clientdata_hash(credential.get(), data.client_data_hash.data(), data.client_data_hash.size()) !=
          FIDO_OK ||
      fido_cred_set_authdata_raw(credential.get(), auth_data.data(), auth_data.size()) != FIDO_OK ||
      fido_cred_set_fmt(credential.get(), format) != FIDO_OK ||
      fido_cred_set_attstmt(credential.get(), statement.data(), statement.size()) != FIDO_OK ||
      !set_credential_extensions(*credential, data.auth_data))
    return Verdict::declined;
  return verdict(certified ? fido_cred_verify(credential.get()) : fido_cred_verify_self(credential.get()));
}

}  // namespace kaito::webauthn::fido
