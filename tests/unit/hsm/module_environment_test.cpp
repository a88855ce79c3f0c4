#include "hsm/client/module_environment.hpp"

#include <gtest/gtest.h>

namespace kaito::hsm {
namespace {

TEST(ModuleEnvironment, TakesNamesAndValues) {
  const auto environment = parse_environment({"A=1", "B=", "C=x=y"});
  ASSERT_TRUE(environment);
  EXPECT_EQ(environment->at("A"), "1");
  EXPECT_EQ(environment->at("B"), "");
  EXPECT_EQ(environment->at("C"), "x=y");
}

TEST(ModuleEnvironment, RefusesWhatIsNoSettingStandsTwiceOrLoadsCode) {
  for (const std::vector<std::string>& settings : std::vector<std::vector<std::string>>{
           {"A"}, {"=1"}, {""}, {"A=1", "A=2"}, {"LD_PRELOAD=/x.so"}, {"LD_LIBRARY_PATH=/x"}}) {
    const auto environment = parse_environment(settings);
    ASSERT_FALSE(environment) << settings.front();
    EXPECT_EQ(environment.error().code, Code::configuration);
  }
}

}  // namespace
}  // namespace kaito::hsm
