// The client's operations, end to end: this process, a worker process, a SoftHSM2 token.
#include "hsm/client/client.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

class HsmClient : public ::testing::Test {
 protected:
  void start(ClientConfig config) {
    auto started = Client::start(std::move(config), clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
  }
  void SetUp() override { start(token_.config()); }
  // No test here may cost a worker; a sanitizer's finding in it ends as an unclean exit.
  void TearDown() override {
    client_.reset();
    EXPECT_EQ(log_.count("hsm.worker.ended") + log_.count("hsm.worker.unclean_exit"), 0u) << log_.all();
  }

  OrgKekRef new_org_kek(std::string_view aad) {
    auto wrapped = wait_for(client_->create_org_kek(1, aad_of(aad)));
    EXPECT_TRUE(wrapped) << wrapped.error().describe();
    return std::make_shared<OrgKek>(
        OrgKek{.org = OrgId::make(clock_, random_), .version = 1, .wrapped = *wrapped, .aad = aad_of(aad)});
  }
  WrappedDek wrap(const OrgKekRef& kek, const Dek& dek, std::string_view aad) {
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek.duplicate(), .aad = aad_of(aad)});
    auto wrapped = wait_for(client_->wrap_deks(kek, std::move(list)));
    EXPECT_TRUE(wrapped) << wrapped.error().describe();
    EXPECT_TRUE(wrapped->front());
    return *wrapped->front();
  }
  Result<Dek> unwrap(const OrgKekRef& kek, const WrappedDek& wrapped, std::string_view aad) {
    return wait_for(client_->unwrap_dek(kek, wrapped, aad_of(aad)));
  }

  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
};

TEST_F(HsmClient, UnwrapsWhatItWrapped) {
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  const auto unwrapped = unwrap(kek, wrapped, "seed 1");
  ASSERT_TRUE(unwrapped) << unwrapped.error().describe();
  EXPECT_TRUE(*unwrapped == dek);
}

TEST_F(HsmClient, WrapsOneDekDifferentlyEachTime) {
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek first = wrap(kek, dek, "seed 1");
  const WrappedDek second = wrap(kek, dek, "seed 1");
  EXPECT_NE(first.blob, second.blob);
}

TEST_F(HsmClient, KeepsTheOrderOfAListThatNeedsSeveralFrames) {
  client_.reset();
  auto config = token_.config();
  config.max_batch = 7;
  client_ = *Client::start(config, clock_, logger_);
  const OrgKekRef kek = new_org_kek("org a");
  std::vector<DekToWrap> to_wrap;
  std::vector<Dek> deks;
  for (int i = 0; i < 50; ++i) {
    deks.push_back(Dek::random(kDekSize, random_));
    to_wrap.push_back({.dek = deks.back().duplicate(), .aad = aad_of(fmt::format("seed {}", i))});
  }
  const auto wrapped = wait_for(client_->wrap_deks(kek, std::move(to_wrap)));
  ASSERT_TRUE(wrapped);
  ASSERT_EQ(wrapped->size(), deks.size());
  std::vector<DekToUnwrap> to_unwrap;
  for (std::size_t i = 0; i < deks.size(); ++i)
    to_unwrap.push_back({.wrapped = *(*wrapped)[i], .aad = aad_of(fmt::format("seed {}", i))});
  const auto unwrapped = wait_for(client_->unwrap_deks(kek, std::move(to_unwrap)));
  ASSERT_TRUE(unwrapped);
  ASSERT_EQ(unwrapped->size(), deks.size());
  for (std::size_t i = 0; i < deks.size(); ++i) {
    ASSERT_TRUE((*unwrapped)[i]);
    EXPECT_TRUE(*(*unwrapped)[i] == deks[i]);
  }
}

TEST_F(HsmClient, AnswersAnEmptyList) {
  const OrgKekRef kek = new_org_kek("org a");
  const auto wrapped = wait_for(client_->wrap_deks(kek, {}));
  ASSERT_TRUE(wrapped);
  EXPECT_TRUE(wrapped->empty());
  const auto unwrapped = wait_for(client_->unwrap_deks(kek, {}));
  ASSERT_TRUE(unwrapped);
  EXPECT_TRUE(unwrapped->empty());
}

TEST_F(HsmClient, F9RefusesEveryFlippedBitOfAWrappedDekAndServesOn) {
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  std::vector<DekToUnwrap> flipped;
  for (std::size_t bit = 0; bit < wrapped.blob.size() * 8; ++bit) {
    WrappedDek changed = wrapped;
    changed.blob[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    flipped.push_back({.wrapped = changed, .aad = aad_of("seed 1")});
  }
  const std::size_t count = flipped.size();
  const auto results = wait_for(client_->unwrap_deks(kek, std::move(flipped)));
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), count);
  for (const auto& result : *results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::integrity);
  }
  EXPECT_TRUE(unwrap(kek, wrapped, "seed 1"));
  EXPECT_EQ(client_->state().starts, 1u);
  EXPECT_EQ(wait_for(client_->status())->refused, count);
}

TEST_F(HsmClient, F9RefusesOneDekOfABatchAndGivesTheOthers) {
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek good = wrap(kek, dek, "seed 1");
  WrappedDek bad = good;
  bad.blob[0] ^= 1;
  const auto results = wait_for(client_->unwrap_deks(kek, {{.wrapped = good, .aad = aad_of("seed 1")},
                                                           {.wrapped = bad, .aad = aad_of("seed 1")},
                                                           {.wrapped = good, .aad = aad_of("seed 1")}}));
  ASSERT_TRUE(results);
  EXPECT_TRUE((*results)[0]);
  EXPECT_FALSE((*results)[1]);
  EXPECT_TRUE((*results)[2]);
}

TEST_F(HsmClient, F21RefusesADekUnderAnotherAadOrOrg) {
  const OrgKekRef a = new_org_kek("org a");
  const OrgKekRef b = new_org_kek("org b");
  const WrappedDek wrapped = wrap(a, Dek::random(kDekSize, random_), "seed 1");
  EXPECT_EQ(unwrap(a, wrapped, "seed 2").error().code, Code::integrity);
  EXPECT_EQ(unwrap(b, wrapped, "seed 1").error().code, Code::integrity);
}

TEST_F(HsmClient, F21RefusesAnOrgKekThatWasMovedToAnotherOrg) {
  const OrgKekRef a = new_org_kek("org a");
  OrgKek moved = *a;
  moved.aad = aad_of("org b");
  const auto loaded = wait_for(client_->load_org_kek(std::make_shared<OrgKek>(moved)));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::integrity);
  // The place it was made for is not harmed by the attempt.
  EXPECT_TRUE(wait_for(client_->load_org_kek(a)));
}

TEST_F(HsmClient, F21RefusesEveryFlippedBitOfAnOrgKekBlob) {
  const OrgKekRef kek = new_org_kek("org a");
  for (std::size_t bit = 0; bit < kek->wrapped.blob.size() * 8; ++bit) {
    OrgKek changed = *kek;
    changed.wrapped.blob[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto loaded = wait_for(client_->load_org_kek(std::make_shared<OrgKek>(std::move(changed))));
    ASSERT_FALSE(loaded) << "bit " << bit;
    // A flipped platform key version names a key that is not there.
    EXPECT_TRUE(loaded.error().code == Code::integrity || loaded.error().code == Code::not_found) << "bit " << bit;
  }
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_F(HsmClient, LoadsAnOrgKekAfterTheWorkerForgotIt) {
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  client_.reset();
  client_ = *Client::start(token_.config(), clock_, logger_);
  const auto unwrapped = unwrap(kek, wrapped, "seed 1");
  ASSERT_TRUE(unwrapped) << unwrapped.error().describe();
  EXPECT_TRUE(*unwrapped == dek);
}

TEST_F(HsmClient, KeepsNoMoreOrgKeksLoadedThanItMay) {
  client_.reset();
  auto config = token_.config();
  config.org_kek_capacity = 2;
  client_ = *Client::start(config, clock_, logger_);
  std::vector<std::pair<OrgKekRef, WrappedDek>> orgs;
  const Dek dek = Dek::random(kDekSize, random_);
  for (int i = 0; i < 5; ++i) {
    const OrgKekRef kek = new_org_kek(fmt::format("org {}", i));
    orgs.emplace_back(kek, wrap(kek, dek, "seed"));
  }
  for (int round = 0; round < 3; ++round)
    for (const auto& [kek, wrapped] : orgs) EXPECT_TRUE(unwrap(kek, wrapped, "seed"));
  EXPECT_EQ(wait_for(client_->status())->loaded_org_keks, 2u);
}

TEST_F(HsmClient, F14CountsGcmInvocationsOfEachOrgKek) {
  const OrgKekRef kek = new_org_kek("org a");
  const WrappedDek wrapped = wrap(kek, Dek::random(kDekSize, random_), "seed 1");
  ASSERT_TRUE(unwrap(kek, wrapped, "seed 1"));
  ASSERT_TRUE(unwrap(kek, wrapped, "seed 1"));
  const auto status = wait_for(client_->status());
  ASSERT_TRUE(status);
  ASSERT_EQ(status->org_keks.size(), 1u);
  EXPECT_EQ(status->org_keks[0].encryptions, 2u);  // its binding, and the wrap
  EXPECT_EQ(status->org_keks[0].decryptions,
            5u);  // each of these looked at again, the binding twice, and the two unwraps
}

TEST_F(HsmClient, RefusesASecondKeyOfOneVersion) {
  const auto again = wait_for(client_->create_platform_kek(1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::conflict);
  ASSERT_TRUE(wait_for(client_->create_audit_key(1)));
  EXPECT_EQ(wait_for(client_->create_audit_key(1)).error().code, Code::conflict);
}

TEST_F(HsmClient, SaysThatAKeyVersionDoesNotExist) {
  EXPECT_EQ(wait_for(client_->create_org_kek(2, {})).error().code, Code::not_found);
  EXPECT_EQ(wait_for(client_->audit_key(1)).error().code, Code::not_found);
  EXPECT_EQ(wait_for(client_->sign(1, {})).error().code, Code::not_found);
}

TEST_F(HsmClient, SignsAsEd25519ThatOthersVerify) {
  const auto key = wait_for(client_->create_audit_key(1));
  ASSERT_TRUE(key) << key.error().describe();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{200}, std::size_t{64 * 1024}}) {
    Bytes message(size, 0x5a);
    const auto signature = wait_for(client_->sign(1, message));
    ASSERT_TRUE(signature) << signature.error().describe();
    EXPECT_EQ(crypto_sign_verify_detached(signature->data(), message.data(), message.size(), key->public_key.data()),
              0);
  }
  EXPECT_EQ(wait_for(client_->audit_key(1))->public_key, key->public_key);
}

TEST_F(HsmClient, FindsItsKeysAgainAfterARestart) {
  const auto key = wait_for(client_->create_audit_key(3));
  ASSERT_TRUE(wait_for(client_->create_platform_kek(2)));
  client_.reset();
  client_ = *Client::start(token_.config(), clock_, logger_);
  const auto status = wait_for(client_->status());
  ASSERT_TRUE(status);
  ASSERT_EQ(status->platform_keks.size(), 2u);
  EXPECT_EQ(status->platform_keks[1].version, 2u);
  ASSERT_EQ(status->audit_keys.size(), 1u);
  EXPECT_EQ(status->audit_keys[0].public_key, key->public_key);
  EXPECT_EQ(status->label, "kaito-test");
  EXPECT_FALSE(status->serial.empty());
}

TEST_F(HsmClient, RefusesArgumentsOutOfBoundsByName) {
  const OrgKekRef kek = new_org_kek("org a");
  EXPECT_EQ(wait_for(client_->unwrap_dek(kek, {}, Bytes(kMaxAad + 1))).error().field, "aad");
  EXPECT_EQ(wait_for(client_->unwrap_dek(nullptr, {}, {})).error().field, "kek");
  EXPECT_EQ(wait_for(client_->create_platform_kek(0)).error().field, "version");
  EXPECT_EQ(wait_for(client_->sign(1, Bytes(64 * 1024 + 1))).error().field, "message");
  std::vector<DekToWrap> list;
  list.push_back({.dek = Dek(16), .aad = {}});
  EXPECT_EQ(wait_for(client_->wrap_deks(kek, std::move(list))).error().field, "dek");
}

TEST_F(HsmClient, TakesAFullBatchOfTheLargestDeks) {
  client_.reset();
  auto config = token_.config();
  config.max_batch = 1024;
  client_ = *Client::start(config, clock_, logger_);
  const OrgKekRef kek = new_org_kek("org a");
  std::vector<DekToWrap> list;
  for (int i = 0; i < 1024; ++i) list.push_back({.dek = Dek::random(kDekSize, random_), .aad = Bytes(kMaxAad, 7)});
  const auto wrapped = wait_for(client_->wrap_deks(kek, std::move(list)));
  ASSERT_TRUE(wrapped) << wrapped.error().describe();
  EXPECT_EQ(wrapped->size(), 1024u);
}

TEST_F(HsmClient, SingsItsCanary) { EXPECT_TRUE(wait_for(client_->canary())); }

}  // namespace
}  // namespace kaito::hsm::test
