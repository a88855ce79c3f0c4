#include "tests/integration/hsm/conformance/customer_key.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>

namespace kaito::hsm::test {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refused");
}

Pkey public_key(const WrappingKey& key) {
  const std::unique_ptr<BIGNUM, Freed<BN_free>> n(
      BN_bin2bn(key.modulus.data(), static_cast<int>(key.modulus.size()), nullptr));
  const std::unique_ptr<BIGNUM, Freed<BN_free>> e(
      BN_bin2bn(key.public_exponent.data(), static_cast<int>(key.public_exponent.size()), nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  must(EVP_PKEY_fromdata_init(context.get()) == 1 &&
       EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1);
  return Pkey(made);
}

Bytes oaep(const WrappingKey& key, ByteView plaintext) {
  const Pkey rsa = public_key(key);
  const EVP_MD* hash = key.hash == OaepHash::sha256 ? EVP_sha256() : EVP_sha1();
  const PkeyContext context(EVP_PKEY_CTX_new(rsa.get(), nullptr));
  must(EVP_PKEY_encrypt_init(context.get()) == 1 &&
       EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
       EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), hash) == 1 &&
       EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), hash) == 1);
  Bytes sealed(1024);
  std::size_t size = sealed.size();
  must(EVP_PKEY_encrypt(context.get(), sealed.data(), &size, plaintext.data(), plaintext.size()) == 1);
  sealed.resize(size);
  return sealed;
}

Bytes cipher(const EVP_CIPHER* kind, ByteView key, ByteView plaintext) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  Bytes out(plaintext.size() + 32);
  int size = 0;
  int rest = 0;
  must(EVP_EncryptInit_ex(context.get(), kind, nullptr, key.data(), nullptr) == 1 &&
       EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
       EVP_EncryptUpdate(context.get(), out.data(), &size, plaintext.data(), static_cast<int>(plaintext.size())) == 1 &&
       EVP_EncryptFinal_ex(context.get(), out.data() + size, &rest) == 1);
  out.resize(static_cast<std::size_t>(size + rest));
  return out;
}

Bytes random_bytes(std::size_t size) {
  Bytes bytes(size);
  must(RAND_bytes(bytes.data(), static_cast<int>(size)) == 1);
  return bytes;
}

}  // namespace

CustomerKey::CustomerKey(std::size_t size) : key_(random_bytes(size)) {}

Bytes CustomerKey::wrapped_for(const WrappingKey& key, ImportMechanism mechanism) const {
  if (mechanism == ImportMechanism::rsa_oaep) return oaep(key, key_);
  const Bytes one_time = random_bytes(32);
  Bytes wrapped = oaep(key, one_time);
  append(wrapped, cipher(EVP_aes_256_wrap_pad(), one_time, key_));
  return wrapped;
}

CheckValue CustomerKey::check_value() const {
  const EVP_CIPHER* kind = key_.size() == 32 ? EVP_aes_256_ecb() : EVP_aes_128_ecb();
  const Bytes block = cipher(kind, key_, ByteArray<16>{});
  CheckValue value{};
  std::copy_n(block.begin(), value.size(), value.begin());
  return value;
}

}  // namespace kaito::hsm::test
