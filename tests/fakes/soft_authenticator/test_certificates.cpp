#include "tests/fakes/soft_authenticator/test_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "appliance/base/invariant.hpp"
#include "appliance/base/random.hpp"

namespace kaito::test {
namespace {

constexpr const char* kAaguidExtension = "1.3.6.1.4.1.45724.1.1.4";

struct Free {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, Free>;

void add(X509_NAME* name, const char* field, int type, const std::string& value) {
  if (value.empty()) return;
  KAITO_INVARIANT(X509_NAME_add_entry_by_txt(name, field, type, as_bytes(value).data(), static_cast<int>(value.size()),
                                             -1, 0) == 1);
}

void name_it(X509_NAME* name, const CertificateFields& fields) {
  add(name, "C", MBSTRING_ASC, fields.country);
  add(name, "O", MBSTRING_UTF8, fields.organization);
  add(name, "OU", MBSTRING_UTF8, fields.unit);
  add(name, "CN", MBSTRING_UTF8, fields.common_name);
}

CertificateFields ca_fields() { return {.unit = "Authenticator CA", .common_name = "Software Key Root", .ca = true}; }

void set_serial(X509* certificate) {
  ByteArray<8> bytes{};
  SystemRandom().fill(bytes);
  std::uint64_t serial = 0;
  for (const std::uint8_t byte : bytes) serial = serial << 8 | byte;
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
}

void add_aaguid(X509* certificate, const webauthn::Aaguid& aaguid, bool critical) {
  Bytes inner{V_ASN1_OCTET_STRING, 16};
  append(inner, aaguid);
  ASN1_OCTET_STRING* data = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(data, inner.data(), static_cast<int>(inner.size()));
  ASN1_OBJECT* id = OBJ_txt2obj(kAaguidExtension, 1);
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, id, critical, data);
  KAITO_INVARIANT(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  ASN1_OBJECT_free(id);
  ASN1_OCTET_STRING_free(data);
}

Bytes make_certificate(const SoftKey& subject, const SoftKey& issuer, const CertificateFields& fields) {
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), fields.version - 1);
  set_serial(certificate.get());
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), fields.not_before.c_str());
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), fields.not_after.c_str());
  name_it(X509_get_subject_name(certificate.get()), fields);
  name_it(X509_get_issuer_name(certificate.get()), ca_fields());
  X509_set_pubkey(certificate.get(), subject.get());
  if (fields.ca && fields.version == 3) {
    BASIC_CONSTRAINTS* constraints = BASIC_CONSTRAINTS_new();
    constraints->ca = *fields.ca ? 0xff : 0;
    X509_add1_ext_i2d(certificate.get(), NID_basic_constraints, constraints, 1, 0);
    BASIC_CONSTRAINTS_free(constraints);
  }
  if (fields.aaguid && fields.version == 3) add_aaguid(certificate.get(), *fields.aaguid, fields.aaguid_critical);
  KAITO_INVARIANT(X509_sign(certificate.get(), issuer.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  KAITO_INVARIANT(size > 0);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

Bytes make_ca_certificate(const SoftKey& ca) { return make_certificate(ca, ca, ca_fields()); }

Bytes make_attestation_certificate(const SoftKey& subject, const SoftKey& ca, const CertificateFields& fields) {
  return make_certificate(subject, ca, fields);
}

}  // namespace kaito::test
