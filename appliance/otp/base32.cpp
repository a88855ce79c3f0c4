#include "appliance/otp/base32.hpp"

#include <fmt/format.h>

#include "appliance/otp/parameters.hpp"
#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::otp {
namespace {

constexpr std::size_t kMaxTextSize = 1024;

// 0 to 31, or -1.
int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

bool is_separator(char c) noexcept { return c == ' ' || c == '-'; }

}  // namespace

Result<Seed> decode_base32(std::string_view text) {
  if (text.size() > kMaxTextSize) return fail_invalid("secret", "is longer than 1024 characters");
  WipedBytes bytes;
  bytes.reserve(text.size() * 5 / 8 + 1);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  std::size_t characters = 0;
  bool padded = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_separator(text[i])) continue;
    if (text[i] == '=') {  // how many there are says nothing that the characters do not say
      padded = true;
      continue;
    }
    const int value = value_of(text[i]);
    if (value < 0 || padded) return fail_invalid("secret", fmt::format("is not base32 at character {}", i + 1));
    ++characters;
    bits = (bits << 5 | static_cast<std::uint32_t>(value)) & 0xfffU;
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> bit_count));
    }
  }
  if (characters == 0) return fail_invalid("secret", "is empty");
  if (bit_count >= 5) return fail_invalid("secret", "has a length that base32 cannot have: a character is missing");
  if (bytes.size() > kMaxSecretBytes) return fail_invalid("secret", "is longer than 128 bytes");
  return Seed::copy_of(ByteView(bytes));
}

}  // namespace kaito::otp
