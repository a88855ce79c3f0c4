#include "appliance/auth/bearer_token.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "appliance/crypto/sha256.hpp"

namespace kaito::auth {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) ? 0xedb88320U : 0U);
    table[byte] = value;
  }
  return table;
}
constexpr auto kCrcTable = make_crc_table();

// CRC-32 as in IEEE 802.3 and zlib.
std::uint32_t crc32(ByteView bytes) noexcept {
  std::uint32_t crc = 0xffffffffU;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ byte) & 0xffU];
  return ~crc;
}

std::array<char, kTokenChecksum> checksum_of(ByteView bytes) noexcept {
  std::array<char, kTokenChecksum> digits{};
  std::uint32_t rest = crc32(bytes);
  for (std::size_t i = digits.size(); i-- > 0; rest /= 62) digits[i] = kAlphabet[rest % 62];
  return digits;
}

bool is_base62(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Uniform base62 characters: bytes from 248 (the largest multiple of 62) up are thrown away.
void fill_base62(std::span<std::uint8_t> out, Random& random) {
  auto pool = Secret<struct RandomPoolTag>(64);
  std::size_t filled = 0;
  while (filled < out.size()) {
    random.fill(pool.expose_secret());
    for (const std::uint8_t byte : pool.expose_secret()) {
      if (byte >= 248) continue;
      if (filled == out.size()) break;
      out[filled++] = static_cast<std::uint8_t>(kAlphabet[byte % 62]);
    }
  }
}

}  // namespace

std::string_view prefix_of(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::api_key: return "kto_live_";
    case TokenKind::session: return "kto_sess_";
    case TokenKind::one_time: return "kto_once_";
  }
  return {};
}

Token make_token(TokenKind kind, Random& random) {
  Token token(kTokenLength);
  const std::span<std::uint8_t> text = token.expose_secret();
  std::memcpy(text.data(), prefix_of(kind).data(), kTokenPrefix);
  fill_base62(text.subspan(kTokenPrefix, kTokenRandom), random);
  const auto checksum = checksum_of(text.first(kTokenPrefix + kTokenRandom));
  std::memcpy(text.data() + kTokenPrefix + kTokenRandom, checksum.data(), checksum.size());
  return token;
}

Result<TokenDigest> digest_token(TokenKind kind, std::string_view text) {
  if (text.size() != kTokenLength) return fail(Code::unauthenticated, "token has the wrong length");
  if (!text.starts_with(prefix_of(kind))) return fail(Code::unauthenticated, "token is of another kind");
  if (!std::ranges::all_of(text.substr(kTokenPrefix), is_base62))
    return fail(Code::unauthenticated, "token has characters outside base62");
  const auto checksum = checksum_of(as_bytes(text.substr(0, kTokenPrefix + kTokenRandom)));
  if (text.substr(kTokenPrefix + kTokenRandom) != std::string_view(checksum.data(), checksum.size()))
    return fail(Code::unauthenticated, "token's checksum does not match: mistyped or cut");
  return crypto::sha256({as_bytes(text)});
}

}  // namespace kaito::auth
