// Reading what other programs exported. Pure parsing: the vault compares with what it has, stores and reports.
#pragma once

#include <optional>
#include <string_view>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

inline constexpr std::size_t kMaxImportBytes = 8 * 1024 * 1024;

struct ImportOptions {
  std::optional<Format> format;          // nothing: found from the content
  const Passphrase* password = nullptr;  // for encrypted files; ignored by others
};

// The format that `content` looks like. Error: `format` when it is none that is known here.
Result<Format> detect(std::string_view content);

// Reads all entries. `content` is the caller's memory and is wiped by the caller; everything in between is wiped here.
// Entries that cannot be taken are in the result's `refused`; an error means that the file as a whole cannot be read:
// `content` (over 8 MiB, over 10,000 entries, malformed, parts missing), `format` (unknown, or the content is another),
// `password` (needed, or wrong). Encrypted files cost up to a few seconds and 256 MiB: never call it from an I/O
// thread, and let only a few run at once. Thread-safe.
Result<ParsedImport> parse_import(std::string_view content, const ImportOptions& options = {});

}  // namespace kaito::otp
