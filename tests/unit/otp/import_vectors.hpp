// The real exports under tests/vectors/imports, and the shortest ways to read one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "appliance/base/file.hpp"
#include "appliance/otp/import.hpp"

namespace kaito::otp {

inline std::string vector_file(const std::string& name) {
  auto content = read_file(std::filesystem::path(KAITO_IMPORT_VECTORS) / name, kMaxImportBytes);
  EXPECT_TRUE(content.has_value()) << name;
  return content ? *std::move(content) : std::string{};
}

inline Result<ParsedImport> parse_with_password(std::string_view content, std::string_view password) {
  const Passphrase secret = Passphrase::copy_of(password);
  return parse_import(content, {.format = std::nullopt, .password = &secret});
}

// "field reason" of an error, or "" of a success.
template <class T>
std::string complaint(const Result<T>& result) {
  return result ? "" : result.error().field + ' ' + result.error().reason;
}

// RFC 4648 §6 without padding: the tests' own, to compare secrets in the form that oathtool takes.
inline std::string to_base32(ByteView bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 5) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 5; ++i)
      value = value << 1 | (i / 8 < bytes.size() ? (bytes[i / 8] >> (7 - i % 8)) & 1U : 0U);
    text.push_back(kAlphabet[value]);
  }
  return text;
}

}  // namespace kaito::otp
