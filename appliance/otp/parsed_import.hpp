// What an import file holds, entry by entry, before the vault looks at what it has already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/secret.hpp"
#include "appliance/otp/parameters.hpp"

namespace kaito::otp {

enum class Format : std::uint8_t {
  otpauth_list,      // otpauth:// URIs, one a line or a JSON array of strings
  google_migration,  // otpauth-migration:// URIs, the same two ways
  aegis,
  two_fas,
  bitwarden,
  two_fauth,
};

// The names of the API and the CLI: otpauth, google, aegis, 2fas, bitwarden, 2fauth.
std::string_view to_string(Format format) noexcept;
std::optional<Format> format_from_string(std::string_view text) noexcept;

struct ImportedEntry {
  std::size_t position = 0;        // 1-based, among all entries of the source; unique over both lists
  std::string issuer;              // UTF-8, at most 256 bytes, may be empty
  std::string account;             // the same
  Parameters parameters;           // valid
  std::uint64_t counter = 0;       // hotp: the counter of the next code
  Seed secret;                     // 1 to 128 bytes
  std::vector<std::string> notes;  // what was adjusted, assumed or left out; for people; never secret
};

struct RefusedEntry {
  std::size_t position = 0;
  std::string issuer;   // where known
  std::string account;  // where known
  std::string reason;   // "<field> <what is wrong with it>"; for people; never secret
};

// Every entry of the source is in exactly one of the two lists.
struct ParsedImport {
  Format format = Format::otpauth_list;
  std::vector<ImportedEntry> entries;
  std::vector<RefusedEntry> refused;
  std::vector<std::string> notes;  // about the file as a whole
};

// The same code at every moment: equal secrets and parameters (hotp: whatever the counters). Constant time in the
// secret.
bool same_secret(const ImportedEntry& a, const ImportedEntry& b) noexcept;

}  // namespace kaito::otp
