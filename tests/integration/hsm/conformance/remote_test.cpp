// A token behind `p11-kit server`: a socket, a protocol that carries some mechanisms only, and a server that may die.
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>

#include "hsm/client/client.hpp"
#include "tests/integration/hsm/conformance/capability_table.hpp"
#include "tests/integration/hsm/conformance/remote_token.hpp"

namespace kaito::hsm::test {
namespace {

using std::chrono::steady_clock;

class RemoteHsm : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      token_.emplace();
    } catch (const Unavailable& thrown) {
      GTEST_SKIP() << thrown.what();
    }
  }
  void start(ClientConfig config) {
    client_.reset();
    config.call_deadline = Seconds(10);
    auto started = Client::start(std::move(config), clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
  }
  // A platform KEK, an org KEK and a DEK under them.
  void make_keys() {
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
    kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = wait_for(client_->create_org_kek(1, {})).value(), .aad = {}});
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek_.duplicate(), .aad = {}});
    wrapped_ = wait_for(client_->wrap_deks(kek_, std::move(list))).value().front().value();
  }
  Result<Dek> unwrap() { return wait_for(client_->unwrap_dek(kek_, wrapped_, {})); }
  bool unwraps_right() {
    const auto opened = unwrap();
    return opened && *opened == dek_;
  }

  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::optional<RemoteToken> token_;
  std::unique_ptr<Client> client_;
  const Dek dek_ = Dek::random(kDekSize, random_);
  OrgKekRef kek_;
  WrappedDek wrapped_;
};

TEST_F(RemoteHsm, F5SurvivesTheServersDeathAndReturn) {
  start(token_->config());
  make_keys();
  for (int death = 1; death <= 3; ++death) {
    ASSERT_TRUE(unwraps_right()) << "death " << death;
    token_->stop_server();
    const auto refused = unwrap();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::hsm_unavailable) << refused.error().detail;
    token_->start_server();
    const auto returned = steady_clock::now();
    while (!unwraps_right() && steady_clock::now() < returned + Seconds(30)) ::poll(nullptr, 0, 20);
    const std::chrono::duration<double> took = steady_clock::now() - returned;
    EXPECT_LE(took.count(), 5.0) << "death " << death;
    RecordProperty(fmt::format("seconds_to_return_{}", death), fmt::format("{:.2f}", took.count()));
  }
}

TEST_F(RemoteHsm, DoesWhatTheProtocolCarries) {
  start(token_->config());
  const auto status = wait_for(client_->status());
  ASSERT_TRUE(status);
  const std::string deks = chosen(*status, "DEKs");
  // p11-kit 0.24 (Debian 12) carries AES blocks, 0.25 (Debian 13) the parameters of AES-GCM too.
  EXPECT_TRUE(deks == "AES-KW (CKM_AES_ECB)" || deks == "AES-GCM (CKM_AES_GCM)") << deks;
  RecordProperty("deks", deks);
  make_keys();
  EXPECT_TRUE(unwraps_right());
  const auto key = wait_for(client_->create_audit_key(1));
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_TRUE(wait_for(client_->sign(1, Bytes(10))));
}

TEST_F(RemoteHsm, LeavesBlobsThatTheTokenReadsWithoutTheServer) {
  start(token_->config());
  make_keys();
  client_.reset();
  token_->stop_server();
  start(token_->direct_config());
  EXPECT_EQ(chosen(*wait_for(client_->status()), "DEKs"), "AES-GCM (CKM_AES_GCM)");
  EXPECT_TRUE(unwraps_right());
}

TEST_F(RemoteHsm, SaysOfABlobThatItCannotReadThatTheTokenLacksTheMechanism) {
  token_->stop_server();
  start(token_->direct_config());
  make_keys();
  client_.reset();
  token_->start_server();
  start(token_->config());
  const auto opened = unwrap();
  if (chosen(*wait_for(client_->status()), "org KEKs").starts_with("AES")) {
    EXPECT_TRUE(opened) << "the protocol carries what the blob needs";
  } else {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::hsm_unsupported) << opened.error().detail;
  }
  EXPECT_EQ(client_->state().starts, 1u);
}

}  // namespace
}  // namespace kaito::hsm::test
