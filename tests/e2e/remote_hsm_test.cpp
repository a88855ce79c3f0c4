// The appliance with its platform token behind `p11-kit server`, which dies and comes back.
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>

#include "tests/e2e/timed_code.hpp"
#include "tests/integration/hsm/conformance/remote_token.hpp"
#include "tests/scenario/reference_codes.hpp"
#include "tests/scenario/stage.hpp"

namespace kaito::test {
namespace {

using std::chrono::steady_clock;

std::vector<std::string> options_for(const hsm::ClientConfig& config) {
  std::vector<std::string> options{"--token-uri", config.token_uri, "--module", config.module.string()};
  for (const auto& [name, value] : config.environment)
    options.insert(options.end(), {"--module-environment", name + "=" + value});
  return options;
}

TEST(RemoteHsm, F5ServesAsPlatformTokenAndSurvivesItsServersDeathAndReturn) {
  std::optional<hsm::test::RemoteToken> token;
  try {
    token.emplace();
  } catch (const hsm::test::Unavailable& thrown) {
    GTEST_SKIP() << thrown.what();
  }
  Stage stage(options_for(token->config()));
  OrgOnStage org(stage, "Remote");
  const auto seed = must(add_seed(org.owner, org.id, "otpauth://totp/far?secret=JBSWY3DPEHPK3PXP"));
  const std::string path = org.path("/seeds/" + seed + "/code");
  const auto expect_code = [&] {
    const auto timed = TimedCode::of(must(org.owner.call("GET", path)));
    EXPECT_EQ(timed.code, reference_code({.secret = "JBSWY3DPEHPK3PXP", .at = to_unix_s(timed.valid_from)}));
  };
  expect_code();

  // Adding a seed needs the HSM, whatever the appliance may still hold.
  const auto add_another = [&] {
    return must(org.owner.send("POST", org.path("/seeds"),
                               boost::json::object{{"uri", "otpauth://totp/new?secret=JBSWY3DPEHPK3PXQ"}}));
  };
  token->stop_server();
  const auto refused = add_another();
  EXPECT_EQ(refused.status, 503) << refused.body;

  token->start_server();
  const auto returned = steady_clock::now();
  while (add_another().status != 201 && steady_clock::now() < returned + Seconds(30)) ::poll(nullptr, 0, 20);
  const std::chrono::duration<double> took = steady_clock::now() - returned;
  EXPECT_LE(took.count(), 5.0);
  expect_code();
}

}  // namespace
}  // namespace kaito::test
