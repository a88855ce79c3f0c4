#include "appliance/auth/bearer_token.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kaito::auth {
namespace {

std::string text_of(const Token& token) { return std::string(as_text(token.expose_secret())); }

// Bytes that count up from zero, so that a token is known in advance.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) noexcept override {
    for (std::uint8_t& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(BearerToken, S8HasThePrefixOfItsKindAndReadsBack) {
  SystemRandom random;
  for (const TokenKind kind : {TokenKind::api_key, TokenKind::session, TokenKind::one_time}) {
    const std::string text = text_of(make_token(kind, random));
    EXPECT_EQ(text.size(), kTokenLength);
    EXPECT_TRUE(text.starts_with(prefix_of(kind)));
    EXPECT_TRUE(digest_token(kind, text));
  }
}

// The checksum is zlib's crc32 of the first 37 characters, the digest sha256sum's of all 43.
TEST(BearerToken, FollowsItsByteFormat) {
  CountingRandom random;
  const std::string text = text_of(make_token(TokenKind::api_key, random));
  EXPECT_EQ(text, "kto_live_0123456789ABCDEFGHIJKLMNOPQR4RSIE6");
  EXPECT_EQ(to_hex(*digest_token(TokenKind::api_key, text)),
            "a8caf70fa273870af5e7d496d21c95f5433ac7742aaace6f45064215e31c5c6d");
}

TEST(BearerToken, RefusesEveryChangeOfOneCharacterWithoutALookUp) {
  SystemRandom random;
  const std::string good = text_of(make_token(TokenKind::session, random));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    const auto digest = digest_token(TokenKind::session, bad);
    ASSERT_FALSE(digest) << i;
    EXPECT_EQ(digest.error().code, Code::unauthenticated);
  }
}

TEST(BearerToken, RefusesOtherLengthsKindsAndAlphabets) {
  SystemRandom random;
  const std::string good = text_of(make_token(TokenKind::api_key, random));
  EXPECT_FALSE(digest_token(TokenKind::session, good));
  EXPECT_FALSE(digest_token(TokenKind::api_key, ""));
  EXPECT_FALSE(digest_token(TokenKind::api_key, good.substr(0, good.size() - 1)));
  EXPECT_FALSE(digest_token(TokenKind::api_key, good + "0"));
  EXPECT_FALSE(digest_token(TokenKind::api_key, " " + good.substr(1)));
  std::string zero = good;
  zero[20] = '\0';
  EXPECT_FALSE(digest_token(TokenKind::api_key, zero));
}

TEST(BearerToken, NeverNamesTheTextInItsError) {
  const auto digest = digest_token(TokenKind::api_key, "kto_live_canarycanary");
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().describe().find("canary"), std::string::npos);
}

TEST(BearerToken, UsesEveryCharacterOfTheAlphabetAboutEquallyOften) {
  SystemRandom random;
  std::map<char, int> seen;
  constexpr int kTokens = 2000;
  for (int i = 0; i < kTokens; ++i)
    for (const char c : text_of(make_token(TokenKind::session, random)).substr(kTokenPrefix, kTokenRandom)) ++seen[c];
  EXPECT_EQ(seen.size(), 62U);
  const double expected = kTokens * static_cast<double>(kTokenRandom) / 62;  // 903, standard deviation 30
  for (const auto& [c, count] : seen) EXPECT_NEAR(count, expected, 200) << c;
}

}  // namespace
}  // namespace kaito::auth
