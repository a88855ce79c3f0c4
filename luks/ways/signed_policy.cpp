#include "luks/ways/signed_policy.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <memory>

#include "appliance/base/file.hpp"

namespace kaito::luks {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyFile = 4096;
constexpr std::size_t kMaxSignatureFile = 256 * 1024UL;
constexpr int kLeastBits = 2048;
constexpr int kMostBits = 4096;

struct FreeOpenssl {
  void operator()(BIO* file) const noexcept { BIO_free(file); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenssl>;

Owned<BIGNUM> number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return Owned<BIGNUM>(number);
}

Bytes sha256_of_pkcs1(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(key, &der);
  Bytes digest(size > 0 ? SHA256_DIGEST_LENGTH : 0);
  if (size > 0) SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  return digest;
}

// The file's text; empty when there is no such file.
Result<std::string> read_if_there(const fs::path& file, std::size_t limit) {
  std::error_code failed;
  if (!fs::exists(file, failed)) return std::string();
  return read_file(file, limit);
}

bool is_text(const json::value* value, std::string_view wanted) {
  const json::string* const text = value ? value->if_string() : nullptr;
  return text && std::string_view(*text) == wanted;
}

bool are_pcrs(const json::value* value, const std::vector<unsigned>& wanted) {
  const json::array* const array = value ? value->if_array() : nullptr;
  return array && std::ranges::equal(*array, wanted, [](const json::value& element, unsigned pcr) {
           const auto* const number = element.if_int64();
           return number && *number == static_cast<std::int64_t>(pcr);
         });
}

}  // namespace

Result<std::optional<BootPolicy>> read_boot_policy(const fs::path& directory) {
  BootPolicy policy;
  KAITO_TRY(policy.public_key, read_if_there(directory / "tpm2-pcr-public-key.pem", kMaxKeyFile));
  if (policy.public_key.empty()) return std::nullopt;
  KAITO_TRY(policy.signatures, read_if_there(directory / "tpm2-pcr-signature.json", kMaxSignatureFile));
  return policy;
}

Result<PolicyKey> PolicyKey::parse(const std::string& pem) {
  const auto refuse = [](std::string_view why) {
    return fail(Code::configuration, fmt::format("the key for signed boot images is {}", why));
  };
  if (pem.size() > kMaxKeyFile) return refuse("too long");
  const Owned<BIO> file(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Owned<EVP_PKEY> key(file ? PEM_read_bio_PUBKEY(file.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return refuse("no public key in PEM");
  const auto modulus = number_of(key.get(), OSSL_PKEY_PARAM_RSA_N);
  const auto exponent = number_of(key.get(), OSSL_PKEY_PARAM_RSA_E);
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || !modulus || !exponent) return refuse("no RSA key");
  if (EVP_PKEY_get_bits(key.get()) < kLeastBits || EVP_PKEY_get_bits(key.get()) > kMostBits)
    return refuse("not of 2048 to 4096 bits");
  if (BN_num_bits(exponent.get()) > 32) return refuse("of an exponent that no TPM takes");

  PolicyKey parsed;
  parsed.modulus_.resize(static_cast<std::size_t>(BN_num_bytes(modulus.get())));
  BN_bn2bin(modulus.get(), parsed.modulus_.data());
  parsed.exponent_ = static_cast<std::uint32_t>(BN_get_word(exponent.get()));
  parsed.fingerprint_ = sha256_of_pkcs1(key.get());
  if (parsed.fingerprint_.empty()) return refuse("not to be encoded");
  return parsed;
}

Result<Bytes> PolicyKey::signature_in(const std::string& signatures, const std::vector<unsigned>& pcrs,
                                      ByteView policy) const {
  boost::system::error_code failed;
  const json::value all = signatures.empty() ? json::value(json::object()) : json::parse(signatures, failed);
  if (failed || !all.is_object()) return fail_invalid("signatures", "is not a JSON object");
  const json::value* const bank = all.get_object().if_contains("sha256");
  if (bank && !bank->is_array()) return fail_invalid("signatures", "has a bank that is not an array");
  const std::string wanted_key = to_hex(fingerprint_);
  const std::string wanted_policy = to_hex(policy);
  for (const json::value& element : bank ? bank->get_array() : json::array()) {
    const json::object* const one = element.if_object();
    if (!one || !are_pcrs(one->if_contains("pcrs"), pcrs) || !is_text(one->if_contains("pkfp"), wanted_key) ||
        !is_text(one->if_contains("pol"), wanted_policy))
      continue;
    const json::value* const signature = one->if_contains("sig");
    if (!signature || !signature->is_string()) return fail_invalid("signatures", "has an entry without a signature");
    return from_base64(std::string_view(signature->get_string()));
  }
  return fail(Code::unauthenticated, "TPM: the boot image brings no signature for what was measured");
}

}  // namespace kaito::luks
