// F82: p11-kit's call log prints every argument of every call, PINs among them.
#include <gtest/gtest.h>
#define P11_KIT_FUTURE_UNSTABLE_API  // for p11_kit_override_system_files
#include <p11-kit/p11-kit.h>

#include "appliance/base/file.hpp"
#include "hsm/modules.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

class CallLog : public ::testing::Test {
 protected:
  // p11-kit's configuration, in place of the machine's.
  void configure(std::string_view global, std::string_view module) {
    const auto modules = token_.directory() / "modules";
    ASSERT_TRUE(make_private_directory(modules));
    ASSERT_TRUE(write_file_atomically(token_.directory() / "pkcs11.conf", as_bytes(global)));
    const std::string text = fmt::format("module: {}\n{}", token_.config().module.string(), module);
    ASSERT_TRUE(write_file_atomically(modules / "softhsm.module", as_bytes(text)));
    config_ = token_.directory() / "pkcs11.conf";
    modules_ = modules;
    none_ = token_.directory() / "none";
    p11_kit_override_system_files(config_.c_str(), none_.c_str(), modules_.c_str(), modules_.c_str(), none_.c_str());
    ::setenv("SOFTHSM2_CONF", token_.softhsm().config_file.c_str(), 1);
  }
  SoftHsmToken token_;
  std::string config_, modules_, none_;  // p11-kit keeps the pointers
};

TEST_F(CallLog, F82RefusesItInP11KitsConfiguration) {
  configure("log-calls: yes\n", "");
  const auto modules = Modules::load({});
  ASSERT_FALSE(modules);
  EXPECT_EQ(modules.error().code, Code::configuration);
  EXPECT_NE(modules.error().detail.find("log-calls"), std::string::npos);
}

TEST_F(CallLog, F82IsNotWrittenForAModuleLoadedByItsPath) {
  configure("log-calls: yes\n", "log-calls: yes\n");
  ::testing::internal::CaptureStderr();
  const auto modules = Modules::load(token_.config().module);
  ASSERT_TRUE(modules) << modules.error().describe();
  CK_INFO info{};
  EXPECT_TRUE((*modules)->all().front().call(function::get_info, &info));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(CallLog, F82RefusesItInAModulesConfiguration) {
  configure("", "log-calls: yes\n");
  const auto modules = Modules::load({});
  ASSERT_FALSE(modules);
  EXPECT_EQ(modules.error().code, Code::configuration);
}

TEST_F(CallLog, IsOffElsewhereAndTheConfiguredModuleIsFound) {
  configure("", "log-calls: no\n");
  const auto modules = Modules::load({});
  ASSERT_TRUE(modules) << modules.error().describe();
  EXPECT_EQ((*modules)->all().size(), 1u);
}

}  // namespace
}  // namespace kaito::hsm::test
