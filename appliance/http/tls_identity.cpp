#include "appliance/http/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "appliance/http/certificate.hpp"
#include "appliance/http/openssl_handles.hpp"

namespace kaito::http {
namespace {

constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kTls13Suites = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

Status check_strength(const EVP_PKEY& key, const std::filesystem::path& path) {
  const int type = EVP_PKEY_get_base_id(&key);
  const int bits = EVP_PKEY_get_bits(&key);
  if (type == EVP_PKEY_RSA && bits >= 2048) return {};
  if (type == EVP_PKEY_EC && bits >= 256) return {};
  if (type == EVP_PKEY_ED25519) return {};
  return wrong_file(path, "the key is too weak: RSA from 2048 bits, EC from 256 bits or Ed25519 is needed");
}

Status check_chain(const std::vector<X509Ptr>& chain, const TlsFiles& files, TimePoint now) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::string which = fmt::format("certificate {} of {}", i + 1, chain.size());
    if (now < not_before(*chain[i]))
      return wrong_file(files.chain,
                        fmt::format("{} is not valid before {}", which, to_rfc3339(not_before(*chain[i]))));
    if (now >= not_after(*chain[i]))
      return wrong_file(files.chain, fmt::format("{} has expired at {}", which, to_rfc3339(not_after(*chain[i]))));
    if (i + 1 < chain.size() && X509_check_issued(chain[i + 1].get(), chain[i].get()) != X509_V_OK)
      return wrong_file(files.chain,
                        fmt::format("{} was not issued by the one after it; the order is server first", which));
  }
  return {};
}

// RFC 7301: http/1.1 when the client offers it. A client that offers only others is refused, as §3.2 asks.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned size = offered[at];
    if (at + 1 + size > offered_size) break;
    if (std::string_view(reinterpret_cast<const char*>(offered + at + 1), size) != kHttp11) continue;
    *out = offered + at + 1;
    *out_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// False leaves the reason in OpenSSL's queue.
bool apply_policy(SSL_CTX* context) {
  std::string groups = "X25519:P-256:P-384";  // the macro takes no const
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_CLEANSE_PLAINTEXT);  // what a client sent does not stay in OpenSSL's buffers
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Suites) == 1 && SSL_CTX_set_ciphersuites(context, kTls13Suites) == 1 &&
         SSL_CTX_set1_groups_list(context, groups.data()) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1;
}

}  // namespace

Result<TlsIdentity> TlsIdentity::load(const TlsFiles& files, const Clock& clock) {
  ERR_clear_error();
  KAITO_TRY(const std::vector<X509Ptr> chain, read_certificates(files.chain));
  KAITO_TRY(const PkeyPtr key, read_private_key(files.key));
  KAITO_CHECK(check_chain(chain, files, clock.now()));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return wrong_file(files.key,
                      fmt::format("the private key does not match the certificate in {}", files.chain.string()));
  }
  KAITO_CHECK(check_strength(*key, files.key));

  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || !apply_policy(context.get()))
    return fail(Code::configuration, "the TLS policy is not supported by OpenSSL: " + openssl_reason());
  if (SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
    return wrong_file(files.chain, "the certificate cannot be used: " + openssl_reason());
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1)
      return wrong_file(files.chain, "the chain cannot be used: " + openssl_reason());
  return TlsIdentity(context, kaito::http::not_after(*chain.front()));
}

}  // namespace kaito::http
