#include "appliance/envelope/sealed_seed.hpp"

#include <sodium.h>

#include "appliance/base/invariant.hpp"
#include "appliance/crypto/hmac.hpp"
#include "appliance/envelope/aes_gcm.hpp"

namespace kaito::envelope {
namespace {

ByteArray<32> hmac_sha256(ByteView key, ByteView message) {
  auto mac = crypto::hmac(crypto::HashFunction::sha256, key, message);
  KAITO_INVARIANT(mac.has_value());  // fails only when OpenSSL cannot hash
  ByteArray<32> out{};
  std::copy_n(mac->bytes.begin(), out.size(), out.begin());
  wipe(mac->bytes);
  return out;
}

// HKDF-Expand (RFC 5869 §2.3) to one block; the DEK is uniformly random, so it serves as the PRK.
ByteArray<32> derive(const Dek& dek, std::string_view purpose) {
  Bytes info(purpose.begin(), purpose.end());
  append_u8(info, 1);
  return hmac_sha256(dek.expose_secret(), info);
}

void append_sized(Bytes& out, std::string_view text) {
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  append(out, as_bytes(text));
}

}  // namespace

Status seal_seed(const Dek& dek, const Seed& secret, Random& random, store::Seed& row) {
  KAITO_INVARIANT(dek.size() == kDekBytes && !secret.empty() && secret.size() <= kMaxSeedBytes);
  random.fill(row.iv);
  row.ciphertext.resize(secret.size());
  return gcm_encrypt(dek.expose_secret(), row.iv, seed_aad(SeedBinding::of(row)), secret.expose_secret(),
                     row.ciphertext, row.tag);
}

Result<Seed> open_seed(const Dek& dek, const store::Seed& row) {
  if (dek.size() != kDekBytes || row.ciphertext.empty() || row.ciphertext.size() > kMaxSeedBytes)
    return fail(Code::integrity, "sealed seed has an impossible size");
  Seed secret(row.ciphertext.size());
  KAITO_CHECK(gcm_decrypt(dek.expose_secret(), row.iv, seed_aad(SeedBinding::of(row)), row.ciphertext, row.tag,
                          secret.expose_secret()));
  return secret;
}

ByteArray<32> row_mac(const Dek& dek, const store::Seed& row) {
  auto key = derive(dek, "kaito/row-mac/v1");
  Bytes message = seed_aad(SeedBinding::of(row));
  append_u64(message, row.counter);
  append_u32(message, row.revision);
  append_sized(message, row.issuer);
  append_sized(message, row.account);
  const auto mac = hmac_sha256(key, message);
  wipe(key);
  return mac;
}

Status check_row_mac(const Dek& dek, const store::Seed& row) {
  const auto expected = row_mac(dek, row);
  if (sodium_memcmp(expected.data(), row.row_mac.data(), expected.size()) != 0)
    return fail(Code::integrity, "row MAC of seed " + row.id.str() + " does not match");
  return {};
}

ByteArray<16> fingerprint(const Dek& index_key, const Seed& secret, const store::CodeParameters& parameters) {
  ByteArray<kMaxSeedBytes + 5> message{};
  KAITO_INVARIANT(secret.size() <= kMaxSeedBytes);
  const auto bytes = secret.expose_secret();
  std::ranges::copy(bytes, message.begin());
  std::size_t size = bytes.size();
  for (const auto part :
       {parameters.type, parameters.algorithm, parameters.digits, static_cast<std::uint8_t>(parameters.period >> 8),
        static_cast<std::uint8_t>(parameters.period)})
    message[size++] = part;
  const auto full = hmac_sha256(index_key.expose_secret(), ByteView(message).first(size));
  wipe(message);
  ByteArray<16> out{};
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

}  // namespace kaito::envelope
