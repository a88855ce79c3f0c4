#include "appliance/cli/customer_key.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "appliance/base/random.hpp"

namespace kaito::cli {
namespace {

using http::OpenSslFree;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, OpenSslFree<EVP_CIPHER_CTX_free>>;

constexpr std::size_t kBlock = 16;

std::unexpected<Error> openssl_failed(std::string_view what) {
  return fail(Code::internal, fmt::format("{}: {}", what, http::openssl_reason()));
}

Result<Bytes> seal_oaep(const audit::OpenedWrappingCertificate& certificate, const CustomerKey& key) {
  const EVP_MD* hash = certificate.hash == "SHA-256" ? EVP_sha256() : EVP_sha1();
  const ContextPtr context(EVP_PKEY_CTX_new(certificate.key.get(), nullptr));
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(certificate.key.get()));
  Bytes sealed(size);
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), hash) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), hash) != 1 ||
      EVP_PKEY_encrypt(context.get(), sealed.data(), &size, key.expose_secret().data(), key.size()) != 1)
    return openssl_failed("RSA-OAEP");
  sealed.resize(size);
  return sealed;
}

// Without padding of OpenSSL's own: the mode brings what it needs.
Result<Bytes> encrypt(const EVP_CIPHER* cipher, const CustomerKey& key, ByteView plaintext) {
  const CipherPtr context(EVP_CIPHER_CTX_new());
  Bytes out(plaintext.size() + 2 * kBlock);
  int size = 0;
  int rest = 0;
  if (context) EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  if (!context || EVP_EncryptInit_ex(context.get(), cipher, nullptr, key.expose_secret().data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &size, plaintext.data(), static_cast<int>(plaintext.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out.data() + size, &rest) != 1)
    return openssl_failed("AES");
  out.resize(static_cast<std::size_t>(size + rest));
  return out;
}

}  // namespace

Result<Bytes> wrap_for_import(const audit::OpenedWrappingCertificate& certificate, WrapMechanism mechanism,
                              const CustomerKey& key, Random& random) {
  if (mechanism == WrapMechanism::rsa_oaep) return seal_oaep(certificate, key);
  const auto one_time = CustomerKey::random(32, random);
  KAITO_TRY(Bytes wrapped, seal_oaep(certificate, one_time));
  KAITO_TRY(const Bytes padded, encrypt(EVP_aes_256_wrap_pad(), one_time, key.expose_secret()));
  append(wrapped, padded);
  return wrapped;
}

Result<std::string> check_value_of(const CustomerKey& key) {
  KAITO_TRY(Bytes block, encrypt(EVP_aes_256_ecb(), key, ByteArray<kBlock>{}));
  std::string text = to_hex(ByteView(block).first(3));
  wipe(block);
  return text;
}

}  // namespace kaito::cli
