#include "provisioning/certificate_request.hpp"

#include <fmt/ranges.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "appliance/http/openssl_handles.hpp"

namespace kaito::provisioning {
namespace {

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
struct RequestFree {
  void operator()(X509_REQ* request) const noexcept { X509_REQ_free(request); }
};
struct ExtensionsFree {
  void operator()(STACK_OF(X509_EXTENSION) * list) const noexcept {
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
using RequestPtr = std::unique_ptr<X509_REQ, RequestFree>;

std::unexpected<Error> broken() { return fail(Code::internal, "OpenSSL could not make the certificate request"); }

Status set_subject(X509_REQ* request, std::string_view subject) {
  X509_NAME* const name = X509_REQ_get_subject_name(request);
  while (!subject.empty()) {
    subject.remove_prefix(1);  // the slash
    const auto end = std::min(subject.find('/'), subject.size());
    const std::string part(subject.substr(0, end));
    const auto equals = part.find('=');
    if (equals == std::string::npos ||
        X509_NAME_add_entry_by_txt(name, part.substr(0, equals).c_str(), MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(part.c_str() + equals + 1), -1, -1, 0) != 1)
      return fail(Code::configuration, "tls: csr_subject is written /C=…/O=…/CN=…; not so: " + part);
    subject.remove_prefix(end);
  }
  return {};
}

Status add_names(X509_REQ* request, const std::vector<std::string>& host_names) {
  const std::string names = fmt::format("DNS:{}", fmt::join(host_names, ",DNS:"));
  std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree> list(sk_X509_EXTENSION_new_null());
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  if (!extension) return broken();
  if (!list || sk_X509_EXTENSION_push(list.get(), extension) <= 0) {
    X509_EXTENSION_free(extension);
    return broken();
  }
  if (X509_REQ_add_extensions(request, list.get()) != 1) return broken();
  return {};
}

}  // namespace

Result<PemKey> make_tls_key() {
  const http::PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!key || !bio || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(Code::internal, "OpenSSL could not make a TLS key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return PemKey::copy_of(std::string_view(data, static_cast<std::size_t>(size)));
}

Status check_subject(std::string_view subject) {
  if (!subject.starts_with('/')) return fail(Code::configuration, "tls: csr_subject is written /C=…/O=…/CN=…");
  const RequestPtr request(X509_REQ_new());
  return request ? set_subject(request.get(), subject) : Status(broken());
}

Result<std::string> make_certificate_request(const PemKey& key, std::string_view subject,
                                             const std::vector<std::string>& host_names) {
  const ByteView pem = key.expose_secret();
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const http::PkeyPtr pair(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const RequestPtr request(X509_REQ_new());
  if (!pair || !request || X509_REQ_set_version(request.get(), 0) != 1) return broken();
  KAITO_CHECK(set_subject(request.get(), subject));
  KAITO_CHECK(add_names(request.get(), host_names));
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (X509_REQ_set_pubkey(request.get(), pair.get()) != 1 ||
      X509_REQ_sign(request.get(), pair.get(), EVP_sha256()) <= 0 || !out ||
      PEM_write_bio_X509_REQ(out.get(), request.get()) != 1)
    return broken();
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace kaito::provisioning
