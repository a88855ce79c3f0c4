#include "appliance/auth/scope.hpp"

#include <gmock/gmock.h>

namespace kaito::auth {
namespace {

using testing::ElementsAre;

TEST(ScopeSet, ReadsNamesAndGivesThemBackInTheOrderOfTheBits) {
  const std::vector<std::string> names{"seeds:read", "codes:read"};
  const auto set = ScopeSet::parse(names);
  ASSERT_TRUE(set);
  EXPECT_THAT(set->names(), ElementsAre("codes:read", "seeds:read"));
  EXPECT_TRUE(set->contains(Scope::codes_read));
  EXPECT_FALSE(set->contains(Scope::seeds_write));
}

TEST(ScopeSet, RefusesNoneUnknownAndRepeatedNames) {
  for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
           {}, {"codes:write"}, {"CODES:READ"}, {"codes:read "}, {""}, {"codes:read", "codes:read"}}) {
    const auto set = ScopeSet::parse(names);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Code::invalid_request);
    EXPECT_EQ(set.error().field, "scopes");
  }
}

TEST(ScopeSet, EveryBitHasANameThatReadsBackAsThatBit) {
  for (std::uint32_t bit = 1; bit <= static_cast<std::uint32_t>(Scope::org_read); bit <<= 1) {
    const auto scope = static_cast<Scope>(bit);
    const std::vector<std::string> names{std::string(to_string(scope))};
    const auto set = ScopeSet::parse(names);
    ASSERT_TRUE(set) << bit;
    EXPECT_EQ(set->bits(), bit);
  }
}

TEST(ScopeSet, RefusesBitsThatNoVersionWrote) {
  EXPECT_EQ(ScopeSet::from_bits(1U << 10).error().code, Code::integrity);
  EXPECT_EQ(ScopeSet::from_bits(1U << 9)->names().front(), "org:read");
}

TEST(ScopeSet, ContainsAllIsTrueForSubsetsOnly) {
  const ScopeSet both = ScopeSet().add(Scope::codes_read).add(Scope::seeds_read);
  EXPECT_TRUE(both.contains_all(ScopeSet().add(Scope::codes_read)));
  EXPECT_FALSE(ScopeSet().add(Scope::codes_read).contains_all(both));
}

}  // namespace
}  // namespace kaito::auth
