#include "appliance/auth/password_policy.hpp"

#include <gtest/gtest.h>

namespace kaito::auth {
namespace {

Status check(std::string_view password) {
  return check_password(Passphrase::copy_of(password), "ada.lovelace@example.org", "Analytical Engines", "password");
}

TEST(PasswordPolicy, S5CountsTwelveCharactersNotBytes) {
  EXPECT_FALSE(check("elevenchars"));
  EXPECT_TRUE(check("twelve-chars"));
  EXPECT_FALSE(check("пароль-тест"));  // 11 characters, 21 bytes
  EXPECT_TRUE(check("пароль-тест1"));
}

TEST(PasswordPolicy, RefusesWithTheFieldThatItWasGiven) {
  const auto status = check("short");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::invalid_request);
  EXPECT_EQ(status.error().field, "password");
}

TEST(PasswordPolicy, RefusesControlCharactersAndBytesThatAreNotUtf8) {
  EXPECT_FALSE(check(std::string_view("with\0a-zero-byte", 16)));
  EXPECT_FALSE(check("with\na-new-line"));
  EXPECT_FALSE(check("with\x7f-delete"));
  EXPECT_FALSE(
      check("with\xc2\x85"
            "a-c1-control"));
  EXPECT_FALSE(check("with\xff-bad-bytes"));
  EXPECT_FALSE(check("overlong\xc0\xaf-slash"));
  EXPECT_FALSE(check("surrogate\xed\xa0\x80-half"));
}

TEST(PasswordPolicy, RefusesNamesAndOneCharacterRepeated) {
  EXPECT_FALSE(check("ada.lovelace@example.org"));
  EXPECT_FALSE(check("ADA.Lovelace@example.org"));
  EXPECT_FALSE(check("analytical engines"));
  EXPECT_FALSE(check("aaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(check("éééééééééééééééé"));
  EXPECT_TRUE(check("aaaaaaaaaaaaaaab"));
}

TEST(PasswordPolicy, TakesAtMost1024Bytes) {
  std::string longest;
  while (longest.size() < kMaxPasswordBytes) longest += "abcdefgh";
  EXPECT_TRUE(check(longest));
  EXPECT_FALSE(check(longest + "x"));
}

}  // namespace
}  // namespace kaito::auth
