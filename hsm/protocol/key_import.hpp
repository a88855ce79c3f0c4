// Keys that customers bring: a wrapping key pair in the token, and org KEKs that come wrapped by it.
#pragma once

#include <cstdint>

#include "hsm/protocol/wrapped_org_kek.hpp"

namespace kaito::hsm {

// Of RSA-OAEP, RFC 8017 §7.1; MGF1 with the same hash, no label. Numbers are the protocol's.
enum class OaepHash : std::uint8_t { sha1 = 1, sha256 = 2 };

// The public half of a wrapping key pair, and what the token can unwrap with the private one.
struct WrappingKey {
  KeyVersion version = 0;
  Bytes modulus;          // big-endian
  Bytes public_exponent;  // big-endian
  OaepHash hash = OaepHash::sha1;
  bool takes_aes_key_wrap = false;  // also ImportMechanism::rsa_aes_key_wrap
};

// How a customer's key is wrapped. Numbers are the protocol's.
enum class ImportMechanism : std::uint8_t {
  rsa_oaep = 1,          // CKM_RSA_PKCS_OAEP: the key itself
  rsa_aes_key_wrap = 2,  // CKM_RSA_AES_KEY_WRAP: a one-time AES-256 key by RSA-OAEP, then the key by AES-KWP (RFC 5649)
};

// Of the largest: RSA with 4096 bits, then 40 bytes of a padded key.
inline constexpr std::size_t kMaxWrappedImport = 1024;
// The customary check value: what AES makes of a block of zeros, its first three bytes. More of them must never be
// told: the whole block is the hash key of AES-GCM, by which anybody could forge wrapped DEKs.
inline constexpr std::size_t kCheckValueSize = 3;
using CheckValue = ByteArray<kCheckValueSize>;

struct KeyToImport {
  KeyVersion wrapping_version = 0;
  ImportMechanism mechanism = ImportMechanism::rsa_oaep;
  Bytes wrapped;
};

struct ImportedOrgKek {
  WrappedOrgKek kek;
  CheckValue check_value{};  // as the token computed it
};

}  // namespace kaito::hsm
