#include "appliance/store/sqlite/case_fold.hpp"

#include <gtest/gtest.h>

namespace kaito::store::sqlite {
namespace {

TEST(CaseFold, LowersEveryScriptThatHasCase) {
  EXPECT_EQ(fold_case("GitHub Ärzte ΑΘΗΝΑ МОСКВА"), "github ärzte αθηνα москва");
  EXPECT_EQ(fold_case("東京 123 _%\\"), "東京 123 _%\\");
}

TEST(CaseFold, LeavesWhatIsNotUtf8AsItIs) {
  EXPECT_EQ(fold_case("A\xff\xc3"), "a\xff\xc3");
  EXPECT_EQ(fold_case("\xe2\x82"), "\xe2\x82");
  EXPECT_EQ(fold_case(std::string_view("A\0B", 3)), std::string_view("a\0b", 3));
}

TEST(CaseFold, GrowsByHalfAtMost) {
  EXPECT_EQ(fold_case("Ⱥ"), "ⱥ");  // two bytes become three
}

}  // namespace
}  // namespace kaito::store::sqlite
