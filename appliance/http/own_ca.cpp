#include "appliance/http/own_ca.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "appliance/base/file.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/http/certificate.hpp"

namespace kaito::http {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr days kCaLifetime{3652};
constexpr days kServerLifetime{396};
constexpr days kRenewBefore{30};
constexpr hours kBackdate{1};  // a client's clock may be a little behind

using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;

struct Authority {
  X509Ptr certificate;
  PkeyPtr key;
};

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(Code::internal, fmt::format("{}: {}", what, openssl_reason()));
}

Result<PkeyPtr> make_key() {
  PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return openssl_failed("a P-256 key could not be made");
  return key;
}

Status write_key(const std::filesystem::path& path, EVP_PKEY& key) {
  // A BIO of this kind wipes its memory when it is freed.
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return openssl_failed("a private key could not be encoded");
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
  const std::span<std::uint8_t> pem(reinterpret_cast<std::uint8_t*>(text), size);
  auto written = write_file_atomically(path, pem);
  wipe(pem);
  return written;
}

// The server's file holds its issuer as well, so that a client that trusts the CA by name alone finds it.
Status write_certificates(const std::filesystem::path& path, std::initializer_list<X509*> chain) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  for (X509* certificate : chain)
    if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1)
      return openssl_failed("a certificate could not be encoded");
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &text));
  return write_file_atomically(path, as_bytes(std::string_view(text, size)));
}

// RFC 5280 §4.1.2.2: positive, at most 20 octets; 127 random bits here.
bool set_serial(X509& certificate, Random& random) {
  ByteArray<16> bytes{};
  random.fill(bytes);
  bytes[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, OpenSslFree<BN_free>> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_lifetime(X509& certificate, TimePoint from, TimePoint until) {
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), static_cast<time_t>(to_unix_s(from))) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), static_cast<time_t>(to_unix_s(until))) != nullptr;
}

bool add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool set_common_name(X509_NAME* name, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

Result<X509Ptr> make_ca_certificate(EVP_PKEY& key, TimePoint now, Random& random) {
  ByteArray<4> tag{};
  random.fill(tag);
  X509Ptr certificate(X509_new());
  // The tag tells the CAs of two appliances apart in a browser's list.
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !set_serial(*certificate, random) ||
      !set_lifetime(*certificate, now - kBackdate, now + kCaLifetime) ||
      !set_common_name(X509_get_subject_name(certificate.get()), "Kaito Appliance CA " + to_hex(tag)) ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1 ||
      X509_set_pubkey(certificate.get(), &key) != 1 ||
      !add_extension(*certificate, *certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(*certificate, *certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(*certificate, *certificate, NID_subject_key_identifier, "hash") ||
      X509_sign(certificate.get(), &key, EVP_sha256()) == 0)
    return openssl_failed("the CA certificate could not be made");
  return certificate;
}

Result<Authority> make_authority(const std::filesystem::path& dir, TimePoint now, Random& random) {
  KAITO_TRY(PkeyPtr key, make_key());
  KAITO_TRY(X509Ptr certificate, make_ca_certificate(*key, now, random));
  // The certificate last: while it is missing, nobody has been told to trust this CA and it may be made anew.
  KAITO_CHECK(write_key(dir / "ca.key", *key));
  KAITO_CHECK(write_certificates(dir / "ca.pem", {certificate.get()}));
  return Authority{std::move(certificate), std::move(key)};
}

Result<Authority> open_authority(const std::filesystem::path& dir, TimePoint now, Random& random) {
  if (!std::filesystem::exists(dir / "ca.pem")) return make_authority(dir, now, random);
  KAITO_TRY(std::vector<X509Ptr> certificates, read_certificates(dir / "ca.pem"));
  KAITO_TRY(PkeyPtr key, read_private_key(dir / "ca.key"));
  X509Ptr certificate = std::move(certificates.front());
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Code::configuration, (dir / "ca.key").string() + ": the private key does not match ca.pem");
  }
  if (now + kRenewBefore >= not_after(*certificate))
    return fail(Code::configuration, fmt::format("{}: the CA ends at {}; move the file away to make a new CA, and have "
                                                 "clients trust it",
                                                 (dir / "ca.pem").string(), to_rfc3339(not_after(*certificate))));
  return Authority{std::move(certificate), std::move(key)};
}

// In OpenSSL's own notation: "DNS:a,DNS:b,IP:127.0.0.1".
std::string alternative_names(const std::vector<std::string>& dns_names, const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const std::string& name : dns_names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  for (const IpAddress& address : addresses) text += (text.empty() ? "IP:" : ",IP:") + address.str();
  return text;
}

// The same notation, read back from a certificate; empty when there is another kind of name in it.
std::string alternative_names(const X509& certificate) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> dns_names;
  std::vector<IpAddress> addresses;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
    const ByteView bytes(ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (kind == GEN_DNS) {
      dns_names.emplace_back(as_text(bytes));
    } else if (kind == GEN_IPADD && bytes.size() == 4) {
      addresses.push_back(IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}));
    } else if (kind == GEN_IPADD && bytes.size() == 16) {
      ByteArray<16> address{};
      std::copy(bytes.begin(), bytes.end(), address.begin());
      addresses.push_back(IpAddress::v6(address));
    } else {
      return {};
    }
  }
  return alternative_names(dns_names, addresses);
}

// Whether the server certificate in place can go on serving.
bool still_fits(const TlsFiles& server, const Authority& authority, const std::string& names, TimePoint now) {
  const auto certificates = read_certificates(server.chain);
  const auto key = read_private_key(server.key);
  if (!certificates || !key) return false;
  X509& certificate = *certificates->front();
  const bool fits = X509_check_private_key(&certificate, key->get()) == 1 &&
                    X509_verify(&certificate, authority.key.get()) == 1 && now >= not_before(certificate) &&
                    now + kRenewBefore < not_after(certificate) && alternative_names(certificate) == names;
  ERR_clear_error();
  return fits;
}

Status make_server(const TlsFiles& server, const Authority& authority, const std::string& names, TimePoint now,
                   Random& random) {
  KAITO_TRY(const PkeyPtr key, make_key());
  const X509Ptr certificate(X509_new());
  X509& issuer = *authority.certificate;
  const TimePoint until = std::min<TimePoint>(now - kBackdate + kServerLifetime, not_after(issuer));
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !set_serial(*certificate, random) ||
      !set_lifetime(*certificate, now - kBackdate, until) ||
      !set_common_name(X509_get_subject_name(certificate.get()), "Kaito Appliance") ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(&issuer)) != 1 ||
      X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      !add_extension(*certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(*certificate, issuer, NID_key_usage, "critical,digitalSignature") ||
      !add_extension(*certificate, issuer, NID_ext_key_usage, "serverAuth") ||
      !add_extension(*certificate, issuer, NID_subject_key_identifier, "hash") ||
      !add_extension(*certificate, issuer, NID_authority_key_identifier, "keyid:always") ||
      !add_extension(*certificate, issuer, NID_subject_alt_name, names) ||
      X509_sign(certificate.get(), authority.key.get(), EVP_sha256()) == 0)
    return openssl_failed("the server certificate could not be made");
  // A stop between the two files leaves a pair that does not match; the next call sees that and makes both again.
  KAITO_CHECK(write_key(server.key, *key));
  return write_certificates(server.chain, {certificate.get(), &issuer});
}

// The names go into OpenSSL's notation, where ',' and ':' mean something.
Status check_names(const std::vector<std::string>& dns_names, const std::vector<IpAddress>& addresses) {
  if (dns_names.empty() && addresses.empty())
    return fail(Code::configuration, "the server certificate needs at least one name or address");
  for (const std::string& name : dns_names) {
    const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*';
    });
    if (name.empty() || name.size() > 253 || !clean)
      return fail(Code::configuration, fmt::format("'{}' is no lower-case DNS name", name));
  }
  return {};
}

}  // namespace

Result<OwnCa> make_own_ca(const std::filesystem::path& dir, const std::vector<std::string>& dns_names,
                          const std::vector<IpAddress>& addresses, const Clock& clock, Random& random) {
  ERR_clear_error();
  KAITO_CHECK(check_names(dns_names, addresses));
  KAITO_CHECK(make_private_directory(dir));
  const TimePoint now = clock.now();
  KAITO_TRY(const Authority authority, open_authority(dir, now, random));
  OwnCa result{.ca_certificate = dir / "ca.pem", .server = {dir / "server.pem", dir / "server.key"}};
  const std::string names = alternative_names(dns_names, addresses);
  if (still_fits(result.server, authority, names, now)) return result;
  KAITO_CHECK(make_server(result.server, authority, names, now, random));
  result.renewed = true;
  return result;
}

}  // namespace kaito::http
