#include "appliance/auth/webauthn/attestation_certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "appliance/auth/webauthn/reason.hpp"

namespace kaito::webauthn {
namespace {

constexpr const char* kAaguidExtension = "1.3.6.1.4.1.45724.1.1.4";  // id-fido-gen-ce-aaguid
constexpr std::string_view kOrganizationalUnit = "Authenticator Attestation";

struct FreeX509 {
  void operator()(ASN1_OBJECT* object) const noexcept { ASN1_OBJECT_free(object); }
  void operator()(BASIC_CONSTRAINTS* constraints) const noexcept { BASIC_CONSTRAINTS_free(constraints); }
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
template <class T>
using OwnedX509 = std::unique_ptr<T, FreeX509>;

std::string_view text_of(const ASN1_STRING& string) {
  return as_text({ASN1_STRING_get0_data(&string), static_cast<std::size_t>(ASN1_STRING_length(&string))});
}

// The one value of a subject attribute; none when it is absent, empty or there twice.
std::optional<std::string_view> subject_attribute(const X509& certificate, int nid) {
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) return std::nullopt;
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  if (!value || ASN1_STRING_length(value) == 0) return std::nullopt;
  return text_of(*value);
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

Status check_subject(const X509& certificate) {
  const auto country = subject_attribute(certificate, NID_countryName);
  if (!country || country->size() != 2 || !std::ranges::all_of(*country, is_letter))
    return refuse(Reason::cert, "subject C is not an ISO 3166 code");
  if (!subject_attribute(certificate, NID_organizationName)) return refuse(Reason::cert, "subject has no O");
  if (subject_attribute(certificate, NID_organizationalUnitName) != kOrganizationalUnit)
    return refuse(Reason::cert, "subject OU is not Authenticator Attestation");
  if (!subject_attribute(certificate, NID_commonName)) return refuse(Reason::cert, "subject has no CN");
  return {};
}

Status check_aaguid_extension(const X509& certificate, const Aaguid& aaguid) {
  const OwnedX509<ASN1_OBJECT> id(OBJ_txt2obj(kAaguidExtension, 1));
  if (!id) return fail(Code::internal, "OpenSSL: out of memory");
  const int at = X509_get_ext_by_OBJ(&certificate, id.get(), -1);
  if (at < 0) return {};
  if (X509_get_ext_by_OBJ(&certificate, id.get(), at) >= 0) return refuse(Reason::cert, "two AAGUID extensions");
  X509_EXTENSION* extension = X509_get_ext(&certificate, at);
  if (X509_EXTENSION_get_critical(extension) != 0) return refuse(Reason::cert, "AAGUID extension is critical");
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
  const ByteView value = as_bytes(text_of(*data));
  // An OCTET STRING of 16 bytes inside the extension's own OCTET STRING.
  if (value.size() != 18 || value[0] != V_ASN1_OCTET_STRING || value[1] != 16)
    return refuse(Reason::cert, "AAGUID extension is not 16 bytes in an OCTET STRING");
  if (!std::ranges::equal(value.subspan(2), aaguid)) return refuse(Reason::aaguid, "not the certificate's AAGUID");
  return {};
}

Result<OwnedX509<X509_STORE>> make_store(const std::vector<Bytes>& roots) {
  OwnedX509<X509_STORE> store(X509_STORE_new());
  if (!store) return fail(Code::internal, "OpenSSL: out of memory");
  for (const Bytes& der : roots) {
    const auto root = parse_certificate(der);
    if (!root) return fail(Code::configuration, "a trusted attestation root is not a certificate");
    if (X509_STORE_add_cert(store.get(), root->get()) != 1) return fail(Code::internal, "OpenSSL: out of memory");
  }
  return store;
}

}  // namespace

void FreeCertificate::operator()(x509_st* certificate) const noexcept { X509_free(certificate); }

Result<Certificate> parse_certificate(ByteView der) {
  if (der.empty() || der.size() > kMaxCertificateBytes) return refuse(Reason::cert, "certificate has an absurd size");
  const unsigned char* at = der.data();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return refuse(Reason::cert, "not a certificate");
  if (at != der.data() + der.size()) return refuse(Reason::cert, "bytes after the certificate");
  return certificate;
}

Result<PublicKey> certificate_key(const x509_st& certificate) {
  // X509_get_pubkey only reads and counts a reference; its parameter lacks const in OpenSSL 3.0.
  PublicKey key(X509_get_pubkey(const_cast<x509_st*>(&certificate)));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  if (!key) return refuse(Reason::cert, "certificate has no key that OpenSSL knows");
  return key;
}

Status check_packed_certificate(const x509_st& certificate, const Aaguid& aaguid) {
  if (X509_get_version(&certificate) != X509_VERSION_3) return refuse(Reason::cert, "not an X.509 v3 certificate");
  KAITO_CHECK(check_subject(certificate));
  const OwnedX509<BASIC_CONSTRAINTS> constraints(
      static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(&certificate, NID_basic_constraints, nullptr, nullptr)));
  if (!constraints || constraints->ca != 0) return refuse(Reason::cert, "Basic Constraints do not say CA:FALSE");
  return check_aaguid_extension(certificate, aaguid);
}

Status check_trust(const std::vector<Certificate>& chain, const std::vector<Bytes>& roots, TimePoint now) {
  if (chain.empty()) return refuse(Reason::trust, "attestation names no maker");
  KAITO_TRY(const OwnedX509<X509_STORE> store, make_store(roots));
  const OwnedX509<STACK_OF(X509)> intermediates(sk_X509_new_null());
  const OwnedX509<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!intermediates || !context) return fail(Code::internal, "OpenSSL: out of memory");
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (sk_X509_push(intermediates.get(), chain[i].get()) <= 0) return fail(Code::internal, "OpenSSL: out of memory");
  if (X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), intermediates.get()) != 1)
    return fail(Code::internal, "OpenSSL: out of memory");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(to_unix_s(now)));
  // §7.1 step 24: an anchor need not be self-signed, and may be the attestation certificate itself.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) == 1) return {};
  return refuse(Reason::trust, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace kaito::webauthn
