#include "luks/ways/recovery_key.hpp"

#include <gtest/gtest.h>

namespace kaito::luks {
namespace {

std::string clear(const Passphrase& text) { return std::string(as_text(text.expose_secret())); }

class RecoveryKey : public testing::Test {
 protected:
  [[nodiscard]] std::vector<RecoveryShare> some(std::initializer_list<std::size_t> which) const {
    std::vector<RecoveryShare> parts;
    for (const std::size_t i : which) {
      const RecoveryShare& share = shares_[i];
      parts.push_back({.set = share.set,
                       .threshold = share.threshold,
                       .share = {.x = share.share.x, .y = share.share.y.duplicate()}});
    }
    return parts;
  }

  SystemRandom random_;
  RecoverySecret secret_ = RecoverySecret::random(32, random_);
  std::vector<RecoveryShare> shares_ = *split_recovery(secret_, 3, 5, random_);
};

// systemd's recovery keys: modhex, "c" for 0 to "v" for 15, eight groups of eight letters.
TEST_F(RecoveryKey, IsPrintedAsSystemdPrintsIt) {
  RecoverySecret counting(32);
  for (std::size_t i = 0; i < 32; ++i) counting.expose_secret()[i] = static_cast<std::uint8_t>(i * 0x11 & 0xff);
  const std::string text = clear(recovery_text(counting));
  EXPECT_EQ(text.size(), 71U);
  EXPECT_EQ(text.substr(0, 36), "ccbbddee-ffgghhii-jjkkllnn-rrttuuvv-");
}

TEST_F(RecoveryKey, IsReadWithSpacesAndCapitalsAndWithoutDashes) {
  const std::string text = clear(recovery_text(secret_));
  std::string loud;
  for (const char c : text) loud += c == '-' ? ' ' : static_cast<char>(std::toupper(c));
  for (const std::string& typed : {text, loud, text + "\n"}) {
    const auto read = parse_recovery_text(Passphrase::copy_of(typed));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, secret_);
  }
}

TEST_F(RecoveryKey, RefusesMissingAdditionalAndForeignLetters) {
  const std::string text = clear(recovery_text(secret_));
  for (const std::string& typed : {std::string(), text.substr(1), text + "c", "a" + text.substr(1)})
    EXPECT_FALSE(parse_recovery_text(Passphrase::copy_of(typed)));
}

TEST_F(RecoveryKey, AnyThreeOfItsFiveSharesGiveItBack) {
  for (std::size_t a = 0; a < 5; ++a)
    for (std::size_t b = a + 1; b < 5; ++b)
      for (std::size_t c = b + 1; c < 5; ++c) {
        const auto whole = combine_recovery(some({c, a, b}));
        ASSERT_TRUE(whole) << a << b << c;
        EXPECT_EQ(*whole, secret_);
      }
  EXPECT_TRUE(combine_recovery(some({0, 1, 2, 3, 4}))) << "more than it takes";
  EXPECT_TRUE(combine_recovery(some({0, 1, 1, 2}))) << "one of them twice";
}

TEST_F(RecoveryKey, TooFewSharesOrSharesOfAnotherSetAreRefused) {
  EXPECT_FALSE(combine_recovery({}));
  EXPECT_FALSE(combine_recovery(some({0, 1})));
  EXPECT_FALSE(combine_recovery(some({0, 1, 1})));
  const auto other = split_recovery(secret_, 3, 5, random_);
  ASSERT_TRUE(other);
  auto mixed = some({0, 1});
  mixed.push_back({.set = (*other)[2].set,
                   .threshold = 3,
                   .share = {.x = (*other)[2].share.x, .y = (*other)[2].share.y.duplicate()}});
  EXPECT_FALSE(combine_recovery(std::move(mixed)));
}

TEST_F(RecoveryKey, AForgedShareOfTheRightSetIsNoticed) {
  auto forged = some({0, 1, 2});
  forged[1].share.y.expose_secret()[7] ^= 1;
  const auto whole = combine_recovery(std::move(forged));
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Code::integrity);
}

TEST_F(RecoveryKey, ASharesTextGivesTheShareBack) {
  for (const RecoveryShare& share : shares_) {
    const std::string text = clear(share_text(share));
    EXPECT_EQ(text.size(), 76U + 18U);
    const auto read = parse_share_text(Passphrase::copy_of(text));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->set, share.set);
    EXPECT_EQ(read->threshold, 3);
    EXPECT_EQ(read->share.x, share.share.x);
    EXPECT_EQ(read->share.y, share.share.y);
  }
}

TEST_F(RecoveryKey, EveryWrongCharacterOfASharesTextIsNoticed) {
  const std::string text = clear(share_text(shares_[0]));
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '-') continue;
    std::string wrong = text;
    wrong[at] = wrong[at] == '7' ? '8' : '7';
    EXPECT_FALSE(parse_share_text(Passphrase::copy_of(wrong))) << at;
  }
  EXPECT_FALSE(parse_share_text(Passphrase::copy_of(text.substr(1))));
  EXPECT_FALSE(parse_share_text(Passphrase::copy_of(text + "0")));
}

TEST_F(RecoveryKey, ASharesTextForgivesLettersThatLookLikeDigits) {
  std::string text = clear(share_text(shares_[0]));
  for (char& c : text) {
    if (c == '0') c = 'O';
    if (c == '1') c = 'l';
  }
  EXPECT_TRUE(parse_share_text(Passphrase::copy_of(text)));
}

}  // namespace
}  // namespace kaito::luks
