// Keys that customers bring, on every kind of token: wrapped by OpenSSL, unwrapped by the token, good as an org KEK.
#include <gtest/gtest.h>

#include "hsm/client/client.hpp"
#include "tests/integration/hsm/conformance/customer_key.hpp"
#include "tests/integration/hsm/conformance/made_tokens.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

constexpr KeyVersion kPlatform = 9001;
constexpr KeyVersion kWrapping = 1;
const Bytes kAad{'o', 'r', 'g'};

class KeyImport : public ::testing::TestWithParam<Candidate> {
 protected:
  void SetUp() override {
    const MadeToken& slot = made_token(GetParam());
    if (!slot.failure.empty()) FAIL() << GetParam().what << ": " << slot.failure;
    if (!slot.unavailable.empty()) GTEST_SKIP() << GetParam().what << ": " << slot.unavailable;
    config_ = slot.token->config();
    restart();
    made_or_there(wait_for(client_->create_platform_kek(kPlatform)));
    const auto may_lack = [](const Error& error) {
      return error.code == Code::hsm_unsupported && !GetParam().takes_wrapped_keys;
    };
    const auto made = wait_for(client_->create_wrapping_key(kWrapping));
    if (!made && may_lack(made.error()))
      GTEST_SKIP() << GetParam().what << " makes no wrapping key: " << made.error().describe();
    made_or_there(made);
    auto key = wait_for(client_->wrapping_key(kWrapping));
    if (!key && may_lack(key.error()))
      GTEST_SKIP() << GetParam().what << " takes no wrapped keys: " << key.error().describe();
    ASSERT_TRUE(key) << key.error().describe();
    key_ = *std::move(key);
    RecordProperty("wrapping_key",
                   fmt::format("{} RSA-{} OAEP {} RSA-AES {}", GetParam().name, key_.modulus.size() * 8,
                               key_.hash == OaepHash::sha256 ? "SHA-256" : "SHA-1", key_.takes_aes_key_wrap));
  }
  void restart() {
    client_.reset();
    auto started = Client::start(config_, clock_, logger_);
    if (!started) throw std::runtime_error(started.error().describe());  // nothing can go on without
    client_ = *std::move(started);
  }
  template <class T>
  static void made_or_there(const Result<T>& made) {
    ASSERT_TRUE(made || made.error().code == Code::conflict) << made.error().describe();
  }
  std::vector<ImportMechanism> mechanisms() const {
    if (!key_.takes_aes_key_wrap) return {ImportMechanism::rsa_oaep};
    return {ImportMechanism::rsa_oaep, ImportMechanism::rsa_aes_key_wrap};
  }
  Result<ImportedOrgKek> import(Bytes wrapped, ImportMechanism mechanism, KeyVersion wrapping = kWrapping) {
    return wait_for(client_->import_org_kek(
        kPlatform, kAad, {.wrapping_version = wrapping, .mechanism = mechanism, .wrapped = std::move(wrapped)}));
  }

  ClientConfig config_;
  WrappingKey key_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
};

TEST_P(KeyImport, S12ACustomersKeyWrapsDeksLikeAnyOrgKekAndItsCheckValueIsTheCustomers) {
  for (const auto mechanism : mechanisms()) {
    const CustomerKey customers;
    const auto imported = import(customers.wrapped_for(key_, mechanism), mechanism);
    ASSERT_TRUE(imported) << imported.error().describe();
    EXPECT_EQ(imported->check_value, customers.check_value());
    const auto kek = std::make_shared<OrgKek>(OrgKek{.wrapped = imported->kek, .aad = kAad});
    const Dek dek = Dek::random(kDekSize, random_);
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek.duplicate(), .aad = kAad});
    const auto wrapped = wait_for(client_->wrap_deks(kek, std::move(list)));
    ASSERT_TRUE(wrapped) << wrapped.error().describe();
    restart();
    const auto opened = wait_for(client_->unwrap_dek(kek, wrapped->front().value(), kAad));
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_EQ(*opened, dek);
    const auto elsewhere = std::make_shared<OrgKek>(OrgKek{.wrapped = imported->kek, .aad = {'x'}});
    EXPECT_EQ(wait_for(client_->load_org_kek(elsewhere)).error().code, Code::integrity);
  }
}

TEST_P(KeyImport, WhatDoesNotUnwrapIsRefusedAndTheWorkerServesOn) {
  for (const auto mechanism : mechanisms()) {
    const Bytes good = CustomerKey().wrapped_for(key_, mechanism);
    for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      Bytes spoilt = good;
      spoilt[at] ^= 0x10;
      EXPECT_EQ(import(spoilt, mechanism).error().code, Code::integrity) << "byte " << at;
    }
    EXPECT_EQ(import(Bytes(good.begin(), good.end() - 1), mechanism).error().code, Code::integrity);
    EXPECT_EQ(import(Bytes(good.begin(), good.begin() + 8), mechanism).error().code, Code::integrity);
    const Bytes above_every_modulus(good.size(), 0xff);
    EXPECT_EQ(import(above_every_modulus, mechanism).error().code, Code::integrity);
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_EQ(import(longer, mechanism).error().code, Code::integrity);
    // The other mechanism than it was wrapped by.
    const auto other =
        mechanism == ImportMechanism::rsa_oaep ? ImportMechanism::rsa_aes_key_wrap : ImportMechanism::rsa_oaep;
    if (key_.takes_aes_key_wrap) EXPECT_EQ(import(good, other).error().code, Code::integrity);
  }
  EXPECT_EQ(client_->state().starts, 1U);
  EXPECT_TRUE(wait_for(client_->canary()));
}

TEST_P(KeyImport, AKeyOfAnotherSizeAndAnUnknownWrappingKeyAreRefused) {
  for (const auto mechanism : mechanisms()) {
    for (const std::size_t size : {16U, 24U}) {
      const auto refused = import(CustomerKey(size).wrapped_for(key_, mechanism), mechanism);
      ASSERT_FALSE(refused) << size;
      EXPECT_EQ(refused.error().code, Code::invalid_request) << refused.error().describe();
    }
    EXPECT_EQ(import(CustomerKey().wrapped_for(key_, mechanism), mechanism, 777).error().code, Code::not_found);
  }
}

TEST_P(KeyImport, F16ADestroyedWrappingKeyUnwrapsNothingAnyMore) {
  const Bytes wrapped = CustomerKey().wrapped_for(key_, ImportMechanism::rsa_oaep);
  ASSERT_TRUE(wait_for(client_->destroy_wrapping_key(kWrapping)));
  EXPECT_EQ(import(wrapped, ImportMechanism::rsa_oaep).error().code, Code::not_found);
  ASSERT_TRUE(wait_for(client_->create_wrapping_key(kWrapping)));
  EXPECT_EQ(import(wrapped, ImportMechanism::rsa_oaep).error().code, Code::integrity) << "wrapped for another pair";
  ASSERT_TRUE(wait_for(client_->destroy_wrapping_key(kWrapping)));
  ASSERT_TRUE(wait_for(client_->destroy_wrapping_key(kWrapping)));
  EXPECT_TRUE(wait_for(client_->status())->wrapping_keys.empty());
}

INSTANTIATE_TEST_SUITE_P(Token, KeyImport, ::testing::ValuesIn(candidates().begin(), candidates().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kaito::hsm::test
