#include "hsm/oaep_public_key.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <bit>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {
namespace {

constexpr std::size_t kSmallestExponentBits = 17;  // 65537 is the smallest odd number of so many
constexpr std::size_t kLargestExponentBits = 256;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

// Some tokens put zeros before a number.
ByteView without_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

std::size_t bits_of(ByteView number) {
  return number.empty() ? 0 : (number.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(number.front()));
}

Status check(ByteView modulus, ByteView exponent) {
  if (bits_of(modulus) != kOaepModulusBits)
    return fail(Code::hsm_key_rejected,
                fmt::format("is an RSA key of {} bits, not {}", bits_of(modulus), kOaepModulusBits));
  if (modulus.back() % 2 == 0) return fail(Code::hsm_key_rejected, "has an even modulus");
  const std::size_t bits = bits_of(exponent);
  if (bits < kSmallestExponentBits || bits > kLargestExponentBits || exponent.back() % 2 == 0)
    return fail(Code::hsm_key_rejected, "has a public exponent that is not an odd number of 65537 to 2^256");
  return {};
}

Number number_of(ByteView bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); }

Error refused_key(std::string_view what) {
  return {.code = Code::internal, .detail = fmt::format("OpenSSL refuses an RSA key: {}", what)};
}

}  // namespace

void OaepPublicKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

Result<OaepPublicKey> OaepPublicKey::make(ByteView modulus, ByteView exponent) {
  modulus = without_zeros(modulus);
  exponent = without_zeros(exponent);
  KAITO_CHECK(check(modulus, exponent));
  const Number n = number_of(modulus);
  const Number e = number_of(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  KAITO_INVARIANT(n && e && builder && context);
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return fail(refused_key("its numbers"));
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* key = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return fail(refused_key("as a public key"));
  return OaepPublicKey(Handle(key));
}

Result<ByteArray<kOaepSize>> OaepPublicKey::encrypt(ByteView plaintext) const {
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr));
  KAITO_INVARIANT(context != nullptr);
  ByteArray<kOaepSize> out{};
  std::size_t size = out.size();
  if (EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha1()) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha1()) != 1 ||
      EVP_PKEY_encrypt(context.get(), out.data(), &size, plaintext.data(), plaintext.size()) != 1 || size != out.size())
    return fail(refused_key("RSA-OAEP does not encrypt"));
  return out;
}

}  // namespace kaito::hsm
