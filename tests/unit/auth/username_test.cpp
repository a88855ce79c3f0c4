#include "appliance/auth/username.hpp"

#include <gtest/gtest.h>

namespace kaito::auth {
namespace {

TEST(Username, F35OtherCaseAndSpacesAroundAreOneName) {
  for (const std::string_view text : {"ada@example.org", "ADA@Example.ORG", "  ada@example.org ", "Ada@example.org"})
    EXPECT_EQ(normalise_username(text).value_or("refused"), "ada@example.org") << text;
}

TEST(Username, F35RefusesWhatCouldLookLikeAnother) {
  const std::vector<std::string> refused{"",
                                         "   ",
                                         "ada b",
                                         "ada\t",
                                         "\u0430da",     // Cyrillic a
                                         "e\u0301mile",  // e and a combining accent
                                         "\u00e9mile",   // the same letter in one
                                         "\uff41da",     // full-width a
                                         "ad\u200ba",    // zero-width space
                                         "a\u0131da",    // dotless i
                                         std::string("ada\0x", 5),
                                         "ada/x",
                                         std::string(kMaxUsername + 1, 'a')};
  for (const std::string& text : refused) {
    const auto name = normalise_username(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().code, Code::invalid_request);
    EXPECT_EQ(name.error().field, "username");
  }
  EXPECT_TRUE(normalise_username(std::string(kMaxUsername, 'a')));
}

}  // namespace
}  // namespace kaito::auth
