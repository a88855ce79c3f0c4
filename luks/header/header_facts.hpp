// What an inspected LUKS2 header says: plain values, safe to act on.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::luks {

inline constexpr std::size_t kXtsKeyBytes = 64;
inline constexpr std::size_t kIntegrityKeyBytes = 32;  // HMAC-SHA256's, behind the XTS key

struct KeyslotFacts {
  int id = 0;
  std::string kdf;               // "argon2id" or "pbkdf2"
  std::uint64_t kdf_cost = 0;    // argon2id: passes; pbkdf2: iterations
  std::uint64_t memory_kib = 0;  // argon2id only
  bool opens_data = false;       // its key is that of a segment: false for what a rotation left before it began
};

struct TokenFacts {
  int id = 0;
  std::string type;
  std::vector<int> keyslots;  // one; two while the volume key is rotated; none when the keyslot was killed
  boost::json::object record;
};

struct DigestFacts {
  int id = 0;
  Bytes digest;  // of the volume key
  std::vector<int> keyslots;
  std::vector<int> segments;
};

struct HeaderFacts {
  std::string uuid;
  std::uint64_t header_bytes = 0;
  std::uint64_t data_offset = 0;  // bytes
  std::uint32_t sector_bytes = 0;
  bool integrity = false;  // dm-integrity below, HMAC-SHA256
  bool rotating = false;   // an online re-encryption has begun and not ended
  int damaged_copies = 0;  // 0 or 1: a power cut while the header was written
  std::vector<KeyslotFacts> keyslots;
  std::vector<TokenFacts> tokens;
  std::vector<DigestFacts> digests;

  // Keyslots that no token explains: an enrolment that a power cut ended, or a stranger's. And those of a key that
  // reads nothing: a rotation that ended before it began.
  [[nodiscard]] std::vector<int> orphan_keyslots() const;
  // Tokens whose keyslot is gone.
  [[nodiscard]] std::vector<int> orphan_tokens() const;
  [[nodiscard]] const TokenFacts* token(int id) const;
  [[nodiscard]] const KeyslotFacts* keyslot(int id) const;
  [[nodiscard]] const TokenFacts* token_of(int keyslot) const;
  // The digest of the key that reads the data; one of the two while the key is rotated.
  [[nodiscard]] const DigestFacts* data_digest() const;
};

}  // namespace kaito::luks
