// Bearer tokens: a prefix that names the kind, 28 random base62 characters (166 bits) and 6 characters of CRC-32, so
// that a typo or a cut token is told from an unknown one without a look-up. Byte format: docs/formats/bearer-token.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "appliance/base/bytes.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::auth {

enum class TokenKind : std::uint8_t {
  api_key,   // "kto_live_"
  session,   // "kto_sess_"
  one_time,  // "kto_once_"
};

std::string_view prefix_of(TokenKind kind) noexcept;

// SHA-256 of the whole text; what the database keeps. The token has too much entropy to need a slow hash.
using TokenDigest = ByteArray<32>;

inline constexpr std::size_t kTokenPrefix = 9;
inline constexpr std::size_t kTokenRandom = 28;
inline constexpr std::size_t kTokenChecksum = 6;
inline constexpr std::size_t kTokenLength = kTokenPrefix + kTokenRandom + kTokenChecksum;

// The text of a new token. Shown once; only its digest is kept.
Token make_token(TokenKind kind, Random& random);

// The digest of a well-formed token of that kind; works on the caller's buffer and keeps no copy. Anything else
// (length, prefix, alphabet, checksum) is Code::unauthenticated, and the detail names which without quoting the text.
Result<TokenDigest> digest_token(TokenKind kind, std::string_view text);
inline Result<TokenDigest> digest_token(TokenKind kind, const Token& token) {
  return digest_token(kind, as_text(token.expose_secret()));
}

}  // namespace kaito::auth
