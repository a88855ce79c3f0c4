// An org's key in the customer's own HSM, from outside: moved there and back, switched off and on by the customer, and
// never in the way of anybody else.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/e2e/customers_hsms.hpp"
#include "tests/e2e/timed_code.hpp"
#include "tests/integration/hsm/conformance/remote_token.hpp"
#include "tests/integration/hsm/customer_token.hpp"
#include "tests/scenario/must.hpp"
#include "tests/scenario/reference_codes.hpp"

namespace kaito::test {
namespace {

namespace json = boost::json;
using hsm::test::CustomerToken;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kSecret = "JBSWY3DPEHPK3PXP";
constexpr std::string_view kKey = "pkcs11:object=acme-kek";

// An org with one seed.
struct Tenant {
  Tenant(Stage& stage, std::string_view name) : org(stage, name) {
    seed = must(add_seed(org.owner, org.id, fmt::format("otpauth://totp/a?secret={}", kSecret)));
  }
  cli::Response read() { return must(org.owner.send("GET", org.path("/seeds/" + seed + "/code"))); }
  int status() { return read().status; }
  // The last part of the problem's type, or "code".
  std::string answer() {
    const auto response = read();
    if (response.status == 200) return "code";
    const std::string type = text_at(must(response.json()), "/type");
    return type.substr(type.rfind(':') + 1);
  }
  void expect_right_code() {
    const auto timed = TimedCode::of(must(org.owner.call("GET", org.path("/seeds/" + seed + "/code"))));
    EXPECT_EQ(timed.code, reference_code({.secret = std::string(kSecret), .at = to_unix_s(timed.valid_from)}));
  }
  // Reads until the answer is `wanted`; how long that took.
  Milliseconds until(std::string_view wanted) {
    const auto began = SteadyClock::now();
    while (answer() != wanted && SteadyClock::now() - began < Seconds(60)) ::poll(nullptr, 0, 5);
    EXPECT_EQ(answer(), wanted);
    return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - began);
  }

  bool has_record(std::string_view action) {
    return must(org.owner.send("GET", org.path("/audit?newest_first=true"))).body.find(fmt::format("\"{}\"", action)) !=
           std::string::npos;
  }
  void await_record(std::string_view action) {
    const auto began = SteadyClock::now();
    while (!has_record(action) && SteadyClock::now() - began < Seconds(60)) ::poll(nullptr, 0, 50);
    EXPECT_TRUE(has_record(action)) << action;
  }

  OrgOnStage org;
  std::string seed;
  std::string api_key = must(make_api_key(org.owner, org.id, {"codes:read"}));
};

class Byok : public testing::Test {
 protected:
  Byok() { customer_.make("acme-kek"); }
  void connect(Tenant& tenant, const std::string& name, const hsm::ClientConfig& config, std::string_view key = kKey,
               Milliseconds deadline = Seconds(5)) {
    hsms_.open(stage_.appliance, tenant.org, name, config, deadline);
    const auto ended = connect_hsm(tenant.org, name, std::string(key));
    ASSERT_EQ(text_at(ended, "/state"), "done") << json::serialize(ended);
  }

  CustomersHsms hsms_;
  CustomerToken customer_;
  Stage stage_{hsms_.options()};
  Tenant acme_{stage_, "Acme"};
  Tenant other_{stage_, "Other"};
};

TEST_F(Byok, S12AnOrgsKeyMovesToItsOwnHsmAndItsSwitchThereStopsAndStartsCodes) {
  connect(acme_, "acme", customer_.config());
  acme_.expect_right_code();
  const auto key = must(acme_.org.owner.call("GET", acme_.org.path("/key")));
  EXPECT_EQ(text_at(key, "/hsm/name"), "acme");
  EXPECT_EQ(text_at(key, "/hsm/state"), "ready");
  EXPECT_EQ(text_at(key, "/versions/1/hsm_key"), kKey);

  customer_.disable("acme-kek");
  const auto stopped = acme_.until("customer-key-disabled");
  EXPECT_LE(stopped, Seconds(1));
  const auto refused = acme_.read();
  EXPECT_EQ(refused.status, 423);
  EXPECT_TRUE(refused.headers.contains("retry-after"));
  EXPECT_EQ(other_.status(), 200);
  const auto records = must(acme_.org.owner.send("GET", acme_.org.path("/audit")));
  EXPECT_NE(records.body.find("customer-key-disabled"), std::string::npos);

  customer_.enable("acme-kek");
  const auto started = acme_.until("code");
  EXPECT_LE(started, Seconds(1));
  acme_.expect_right_code();
}

TEST_F(Byok, S12ComesBackToTheAppliancesHsmAndNeedsTheCustomersNoMore) {
  connect(acme_, "acme", customer_.config());
  EXPECT_EQ(text_at(disconnect_hsm(acme_.org), "/state"), "done");
  customer_.destroy("acme-kek");
  acme_.expect_right_code();
  const auto key = must(acme_.org.owner.call("GET", acme_.org.path("/key")));
  EXPECT_FALSE(key.as_object().contains("hsm"));
}

TEST_F(Byok, S12AKeyMadeThereOnRequestServes) {
  connect(acme_, "acme", customer_.config(), "");
  acme_.expect_right_code();
  EXPECT_EQ(customer_.count(fmt::format("kaito-{}-v2", acme_.org.id)), 1);
}

TEST_F(Byok, AnotherOrgMayNotNameTheHsm) {
  hsms_.open(stage_.appliance, acme_.org, "acme", customer_.config());
  const json::object body{{"hsm", "acme"}, {"key", kKey}};
  const auto refused = must(other_.org.owner.send("POST", other_.org.path("/key/hsm"), body));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(must(other_.org.owner.call("GET", other_.org.path("/key/hsms"))).at("items").as_array().size(), 0U);
  // Nor can staff, whose it is not to say where an org's key is.
  EXPECT_EQ(must(stage_.officer.send("POST", acme_.org.path("/key/hsm"), body)).status, 403);
}

TEST_F(Byok, F18ItsHsmDownAtBootKeepsNobodyElseWaiting) {
  connect(acme_, "acme", customer_.config());
  const auto directory = customer_.token().softhsm().token_directory;
  stage_.appliance.kill(SIGKILL);
  stage_.appliance.wait();
  std::filesystem::rename(directory, directory.string() + ".away");
  stage_.appliance.start();
  EXPECT_EQ(other_.status(), 200);
  EXPECT_EQ(acme_.answer(), "customer-hsm-unavailable");
  EXPECT_EQ(other_.status(), 200);
  acme_.await_record("hsm.lost");
  std::filesystem::rename(directory.string() + ".away", directory);
  EXPECT_LE(acme_.until("code"), Seconds(5));
  acme_.await_record("hsm.back");
  EXPECT_FALSE(other_.has_record("hsm.lost"));
}

TEST_F(Byok, S12AMigrationGoesOnAfterKills) {
  constexpr int kSeeds = 300;
  std::string content;
  for (int i = 0; i < kSeeds; ++i)
    content += fmt::format("otpauth://totp/b{}?secret=GEZDGNBVGY3TQOJQ{}\n", i,
                           std::string{"ABCDEFGHIJKLMNOP"[i / 16 % 16], "ABCDEFGHIJKLMNOP"[i % 16]} +
                               std::string{"ABCDEFGHIJKLMNOP"[i / 256], 'A'} + "AAAA");
  must(acme_.org.owner.call("POST", acme_.org.path("/seeds/import"), json::object{{"content", content}}));
  hsms_.open(stage_.appliance, acme_.org, "acme", customer_.config());
  const auto rotation =
      must(acme_.org.owner.call("POST", acme_.org.path("/key/hsm"), json::object{{"hsm", "acme"}, {"key", kKey}}));
  for (int kill = 0; kill < 6; ++kill) {
    ::poll(nullptr, 0, 15 * kill);
    stage_.appliance.kill(SIGKILL);
    stage_.appliance.wait();
    stage_.appliance.start();
    acme_.expect_right_code();
  }
  const auto ended = wait_for_rotation(acme_.org, rotation);
  EXPECT_EQ(text_at(ended, "/state"), "done") << json::serialize(ended);
  const auto listed =
      must(acme_.org.owner.call("GET", acme_.org.path("/key/rotations/" + text_at(rotation, "/id") + "/certificates")));
  EXPECT_EQ(listed.at("items").as_array().size(), 1U);
  acme_.expect_right_code();
}

// A hung HSM and one whose worker crashes at every call, both with clients that keep asking.
TEST_F(Byok, F5F7AHungAndACrashingHsmAreInNobodyElsesWay) {
  constexpr Milliseconds kDeadline{1000};
  const FaultyHsm hung(customer_.config());
  connect(acme_, "hung", hung.config(), kKey, kDeadline);
  const CustomerToken second("second");
  const FaultyHsm crashing(second.config());
  Tenant unlucky(stage_, "Unlucky");
  connect(unlucky, "crashing", crashing.config(), "", kDeadline);
  hung.plan("C_DecryptInit 1 hang\n");
  crashing.plan("C_DecryptInit 1 crash\n");

  std::atomic<bool> stop{false};
  std::vector<std::jthread> clients;
  std::atomic<int> unwelcome{0};
  for (Tenant* tenant : {&acme_, &unlucky})
    for (int i = 0; i < 3; ++i)
      clients.emplace_back([&, tenant] {
        auto client = stage_.appliance.client();
        client.use_api_key(Token::copy_of(std::string_view(tenant->api_key)));
        const std::string path = tenant->org.path("/seeds/" + tenant->seed + "/code");
        while (!stop)
          if (must(client.send("GET", path)).status != 503) ++unwelcome;
      });

  // What the others are given meanwhile: codes, each well within one deadline of the hung one.
  SteadyClock::duration longest{};
  int served = 0;
  const auto began = SteadyClock::now();
  while (SteadyClock::now() - began < 4 * kDeadline) {
    const auto asked = SteadyClock::now();
    EXPECT_EQ(other_.status(), 200);
    longest = std::max(longest, SteadyClock::now() - asked);
    ++served;
  }
  stop = true;
  clients.clear();
  EXPECT_EQ(unwelcome, 0);
  EXPECT_LT(longest, kDeadline / 2);
  const auto hsms = must(stage_.officer.call("GET", "/v1/hsms"));
  fmt::print("{} codes of another org meanwhile, the slowest in {} ms; {}\n", served,
             std::chrono::duration_cast<Milliseconds>(longest).count(), json::serialize(hsms));

  hung.plan("");
  crashing.plan("");
  // A worker that hung at its own start is given 5 s, and then a pause.
  EXPECT_LE(acme_.until("code"), Seconds(15));
  EXPECT_LE(unlucky.until("code"), Seconds(5));
}

TEST_F(Byok, F5AServedTokenWorksAndSurvivesItsServersDeathAndReturn) {
  std::optional<hsm::test::RemoteToken> token;
  try {
    token.emplace();
  } catch (const hsm::test::Unavailable& thrown) {
    GTEST_SKIP() << thrown.what();
  }
  connect(acme_, "far", token->config(), "");
  acme_.expect_right_code();
  token->stop_server();
  acme_.until("customer-hsm-unavailable");
  EXPECT_EQ(other_.status(), 200);
  token->start_server();
  EXPECT_LE(acme_.until("code"), Seconds(5));
  acme_.expect_right_code();
}

}  // namespace
}  // namespace kaito::test
