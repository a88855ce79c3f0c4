#include "appliance/audit/wrapping_certificate.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include <charconv>

#include "appliance/http/certificate.hpp"

namespace kaito::audit {
namespace {

using http::BioPtr;
using http::OpenSslFree;
using http::PkeyPtr;
using http::X509Ptr;
using BignumPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;

constexpr std::chrono::days kLifetime{3652};
constexpr std::chrono::hours kBackdate{1};
constexpr std::string_view kSubject = "Kaito wrapping key ";
constexpr std::string_view kOaep = " OAEP ";
constexpr std::string_view kIssuer = "Kaito audit key";
// AlgorithmIdentifier of Ed25519, RFC 8410 §3.
constexpr ByteArray<7> kEd25519Algorithm{0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(Code::internal, fmt::format("{}: {}", what, http::openssl_reason()));
}

Result<PkeyPtr> ed25519_key(const ByteArray<32>& bytes) {
  PkeyPtr key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
  if (!key) return openssl_failed("an Ed25519 key could not be read");
  return key;
}

Result<PkeyPtr> rsa_key(ByteView modulus, ByteView exponent) {
  const BignumPtr n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const BignumPtr e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, OpenSslFree<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  const std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!n || !e || !builder || !context || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return openssl_failed("an RSA key could not be read");
  const std::unique_ptr<OSSL_PARAM, OpenSslFree<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* made = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return openssl_failed("an RSA key could not be read");
  return PkeyPtr(made);
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets. A hash of what is certified, so that it is never another's.
bool set_serial(X509& certificate, std::initializer_list<ByteView> certified) {
  ByteArray<16> hash{};
  crypto_generichash_state state{};
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  for (const ByteView part : certified) crypto_generichash_update(&state, part.data(), part.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  hash[0] = static_cast<std::uint8_t>((hash[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(hash.data(), hash.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool add_name(X509_NAME* name, const char* field, std::string_view text) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509& certificate, X509& issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

// OpenSSL writes the algorithm of the signature only when it signs, so a key made for nothing else signs first.
Result<Bytes> to_be_signed(X509& certificate) {
  const PkeyPtr throwaway(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!throwaway || X509_sign(&certificate, throwaway.get(), nullptr) == 0)
    return openssl_failed("a certificate could not be prepared");
  std::uint8_t* der = nullptr;
  const int size = i2d_re_X509_tbs(&certificate, &der);
  if (size <= 0) return openssl_failed("a certificate could not be encoded");
  Bytes tbs(der, der + size);
  OPENSSL_free(der);
  return tbs;
}

struct Named {
  std::string common_name;
  std::string origin;
};

bool set_names(X509_NAME* name, const Named& named) {
  return add_name(name, "OU", named.origin) && add_name(name, "CN", named.common_name);
}

bool fill(X509& certificate, const Named& subject, const std::string& origin, TimePoint made_at, EVP_PKEY& key) {
  return X509_set_version(&certificate, X509_VERSION_3) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(&certificate), static_cast<time_t>(to_unix_s(made_at - kBackdate))) &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), static_cast<time_t>(to_unix_s(made_at + kLifetime))) &&
         set_names(X509_get_issuer_name(&certificate), {std::string(kIssuer), origin}) &&
         set_names(X509_get_subject_name(&certificate), subject) && X509_set_pubkey(&certificate, &key) == 1;
}

void append_length(Bytes& out, std::size_t length) {
  // DER, X.690 §10.1: the shortest form. Certificates here have 128 to 65,535 bytes.
  if (length < 128) return append_u8(out, static_cast<std::uint8_t>(length));
  append_u8(out, length < 256 ? 0x81 : 0x82);
  if (length < 256) return append_u8(out, static_cast<std::uint8_t>(length));
  append_u16(out, static_cast<std::uint16_t>(length));
}

// Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }, RFC 5280 §4.1.
Result<X509Ptr> sealed(const Bytes& tbs, const ByteArray<64>& signature) {
  Bytes body = tbs;
  append(body, kEd25519Algorithm);
  append(body, ByteArray<3>{0x03, 0x41, 0x00});  // BIT STRING of 64 bytes, no bit unused
  append(body, signature);
  Bytes der{0x30};
  append_length(der, body.size());
  append(der, body);
  const std::uint8_t* at = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return openssl_failed("a signed certificate could not be read");
  return certificate;
}

std::unexpected<Error> malformed_certificate(std::string_view what) {
  ERR_clear_error();
  return fail_invalid("certificate", fmt::format("is not a wrapping certificate: {}", what));
}
std::unexpected<Error> untrusted(std::string what) {
  ERR_clear_error();
  return fail(Code::integrity, "the wrapping certificate " + std::move(what));
}

std::string name_entry(const X509_NAME* name, int nid) {
  const int index = X509_NAME_get_index_by_NID(name, nid, -1);
  if (index < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Result<const VerifierKey*> signer_of(X509& certificate, std::span<const VerifierKey> trusted) {
  for (const auto& key : trusted) {
    KAITO_TRY(const PkeyPtr public_key, ed25519_key(key.public_key()));
    if (X509_verify(&certificate, public_key.get()) != 1) continue;
    if (name_entry(X509_get_subject_name(&certificate), NID_organizationalUnitName) != key.name())
      return untrusted("is of another log than its key, " + key.name());
    return &key;
  }
  return untrusted("is signed with none of the trusted keys: it is of another appliance, or was changed");
}

}  // namespace

Result<WrappingCertificateDraft> draft_wrapping_certificate(const WrappingKeyFacts& facts, const VerifierKey& key) {
  KAITO_TRY(const PkeyPtr audit_key, ed25519_key(key.public_key()));
  KAITO_TRY(const PkeyPtr wrapping_key, rsa_key(facts.modulus, facts.public_exponent));
  const X509Ptr issuer(X509_new());
  const X509Ptr certificate(X509_new());
  Bytes when;
  append_u64(when, static_cast<std::uint64_t>(to_unix_ms(facts.made_at)));
  if (!issuer || !set_serial(*issuer, {key.public_key(), when}) ||
      !fill(*issuer, {std::string(kIssuer), facts.origin}, facts.origin, facts.made_at, *audit_key) ||
      !add_extension(*issuer, *issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(*issuer, *issuer, NID_key_usage, "critical,keyCertSign") ||
      !add_extension(*issuer, *issuer, NID_subject_key_identifier, "hash"))
    return openssl_failed("the audit key's certificate could not be made");
  const Named subject{fmt::format("{}{}{}{}", kSubject, facts.version, kOaep, facts.hash), facts.origin};
  if (!certificate || !set_serial(*certificate, {key.public_key(), when, facts.modulus}) ||
      !fill(*certificate, subject, facts.origin, facts.made_at, *wrapping_key) ||
      !add_extension(*certificate, *issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(*certificate, *issuer, NID_key_usage, "critical,keyEncipherment") ||
      !add_extension(*certificate, *issuer, NID_subject_key_identifier, "hash") ||
      !add_extension(*certificate, *issuer, NID_authority_key_identifier, "keyid:always"))
    return openssl_failed("the wrapping key's certificate could not be made");
  WrappingCertificateDraft draft;
  KAITO_TRY(draft.issuer_tbs, to_be_signed(*issuer));
  KAITO_TRY(draft.tbs, to_be_signed(*certificate));
  return draft;
}

Result<std::string> finish_wrapping_certificate(const WrappingCertificateDraft& draft,
                                                const ByteArray<64>& issuer_signature, const ByteArray<64>& signature) {
  KAITO_TRY(const X509Ptr certificate, sealed(draft.tbs, signature));
  KAITO_TRY(const X509Ptr issuer, sealed(draft.issuer_tbs, issuer_signature));
  // A signature that does not hold is found here, not by a customer.
  EVP_PKEY* audit_key = X509_get0_pubkey(issuer.get());
  if (X509_verify(certificate.get(), audit_key) != 1 || X509_verify(issuer.get(), audit_key) != 1)
    return fail(Code::hsm_key_rejected, "the HSM's signature of a wrapping certificate does not verify");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate.get()) != 1 || PEM_write_bio_X509(bio.get(), issuer.get()) != 1)
    return openssl_failed("a certificate could not be encoded");
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
  return std::string(text, size);
}

Result<OpenedWrappingCertificate> open_wrapping_certificate(std::string_view pem, std::span<const VerifierKey> trusted,
                                                            TimePoint now) {
  if (pem.size() > kMaxWrappingCertificate) return malformed_certificate("it is too long");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return malformed_certificate("no certificate in PEM");
  KAITO_TRY(const VerifierKey* signer, signer_of(*certificate, trusted));
  if (now < http::not_before(*certificate) || now >= http::not_after(*certificate))
    return untrusted(fmt::format("is valid from {} to {} only", to_rfc3339(http::not_before(*certificate)),
                                 to_rfc3339(http::not_after(*certificate))));
  const std::string name = name_entry(X509_get_subject_name(certificate.get()), NID_commonName);
  const auto separator = name.find(kOaep);
  if (!name.starts_with(kSubject) || separator == std::string::npos || separator < kSubject.size())
    return malformed_certificate("its subject is another");
  OpenedWrappingCertificate opened{.hash = name.substr(separator + kOaep.size()),
                                   .key = PkeyPtr(X509_get_pubkey(certificate.get())),
                                   .signer = *signer};
  const char* end = name.data() + separator;
  const auto parsed = std::from_chars(name.data() + kSubject.size(), end, opened.version);
  if (parsed.ec != std::errc{} || parsed.ptr != end || opened.version == 0)
    return malformed_certificate("it names no version");
  if (opened.hash != "SHA-1" && opened.hash != "SHA-256") return malformed_certificate("it names another hash");
  if (!opened.key || EVP_PKEY_get_base_id(opened.key.get()) != EVP_PKEY_RSA)
    return malformed_certificate("it holds no RSA key");
  return opened;
}

}  // namespace kaito::audit
