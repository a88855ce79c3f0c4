#include "tests/integration/luks/image_builder.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace kaito::luks::test {
namespace {

namespace json = boost::json;

Bytes sha256(const Bytes& input) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(input.data(), input.size(), digest.data());
  return digest;
}

Bytes sign(EVP_PKEY* key, const Bytes& message) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::size_t size = 512;
  Bytes signature(size);
  const bool done = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!done) throw std::runtime_error("signing failed");
  signature.resize(size);
  return signature;
}

}  // namespace

Bytes extended_once(std::uint8_t byte) {
  Bytes input(SHA256_DIGEST_LENGTH);
  input.resize(std::size_t{2} * SHA256_DIGEST_LENGTH, byte);
  return sha256(input);
}

Bytes policy_of(const Bytes& value) {
  Bytes input(SHA256_DIGEST_LENGTH);  // what a new session starts with
  append_u32(input, 0x17f);           // TPM_CC_PolicyPCR
  append_u32(input, 1);               // TPML_PCR_SELECTION: one bank,
  append_u16(input, 0x0b);            // SHA-256,
  append_u8(input, 3);                // a bit for each of 24 registers
  append(input, Bytes{0, 1U << (kImagePcr - 8), 0});
  append(input, sha256(value));
  return sha256(input);
}

ImageBuilder::ImageBuilder(unsigned bits) : key_(EVP_RSA_gen(bits)) {
  if (!key_) throw std::runtime_error("no RSA key");
}
ImageBuilder::~ImageBuilder() { EVP_PKEY_free(key_); }

std::string ImageBuilder::public_key() const {
  BIO* const file = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(file, key_);
  char* text = nullptr;
  const long size = BIO_get_mem_data(file, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(file);
  return pem;
}

std::string ImageBuilder::signatures(const std::vector<Bytes>& values) const {
  Bytes der(1024);
  unsigned char* end = der.data();
  der.resize(static_cast<std::size_t>(i2d_PublicKey(key_, &end)));
  json::array bank;
  for (const Bytes& value : values) {
    const Bytes policy = policy_of(value);
    bank.push_back(json::object{{"pcrs", json::array{kImagePcr}},
                                {"pkfp", to_hex(sha256(der))},
                                {"pol", to_hex(policy)},
                                {"sig", to_base64(sign(key_, policy))}});
  }
  return json::serialize(json::object{{"sha256", std::move(bank)}});
}

}  // namespace kaito::luks::test
