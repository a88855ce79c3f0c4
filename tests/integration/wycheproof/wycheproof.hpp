// Runs JSON files in Wycheproof's format (AES-GCM, AES-KW, AES-KWP, HMAC, Ed25519) against a subject: our own wrappers,
// in OpenSSL or in an HSM. Every vector ends as right, wrong, or unsupported by a rule that is named and counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::wycheproof {

// What a subject did with a vector.
struct Answer {
  enum class Kind : std::uint8_t { accepted, refused, unsupported };
  Kind kind = Kind::refused;
  Bytes output;      // accepted: the result
  std::string rule;  // unsupported: why, in words that hold for every such vector: "GCM IV of other than 96 bits"

  static Answer accepted(Bytes output = {}) {
    return {.kind = Kind::accepted, .output = std::move(output), .rule = {}};
  }
  static Answer refused() { return {.kind = Kind::refused, .output = {}, .rule = {}}; }
  static Answer unsupported(std::string rule) {
    return {.kind = Kind::unsupported, .output = {}, .rule = std::move(rule)};
  }
};

enum class Hash : std::uint8_t { sha1, sha224, sha256, sha384, sha512 };

// The wrappers under test. What a subject does not override is unsupported by the rule of the base class.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Output: ciphertext ‖ tag.
  virtual Answer gcm_seal(ByteView key, ByteView iv, ByteView aad, ByteView plaintext, std::size_t tag_size);
  // Output: plaintext. `sealed` is ciphertext ‖ tag.
  virtual Answer gcm_open(ByteView key, ByteView iv, ByteView aad, ByteView sealed, std::size_t tag_size);
  // RFC 3394.
  virtual Answer kw_wrap(ByteView kek, ByteView key);
  virtual Answer kw_unwrap(ByteView kek, ByteView wrapped);
  // RFC 5649.
  virtual Answer kwp_wrap(ByteView kek, ByteView key);
  virtual Answer kwp_unwrap(ByteView kek, ByteView wrapped);
  // Output: the MAC's first `tag_size` bytes.
  virtual Answer hmac(Hash hash, ByteView key, ByteView message, std::size_t tag_size);
  virtual Answer ed25519_verify(ByteView public_key, ByteView message, ByteView signature);
};

struct Report {
  std::size_t vectors = 0;  // right + wrong.size() + all of unsupported
  std::size_t right = 0;
  std::vector<std::string> wrong;                  // "file tcId N (comment): what happened"
  std::map<std::string, std::size_t> unsupported;  // rule → vectors
  std::vector<std::string> unreadable;             // files that are not of the format, and why

  void merge(Report other);
  [[nodiscard]] std::string str() const;  // for people, many lines
};

// One file, at most 64 MiB. An algorithm that the product does not use is unsupported by that rule, vector by vector.
Report run_file(const std::filesystem::path& file, Subject& subject);
// Every *.json of a directory, in the order of names, not of sub-directories.
Report run_directory(const std::filesystem::path& directory, Subject& subject);

}  // namespace kaito::wycheproof
