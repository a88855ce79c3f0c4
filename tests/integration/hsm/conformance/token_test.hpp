// What tests of every token share: a client of one, and what they expect of keys in it.
#pragma once

#include <gtest/gtest.h>

#include "hsm/client/client.hpp"
#include "tests/fakes/sealed_message.hpp"
#include "tests/integration/hsm/conformance/capability_table.hpp"
#include "tests/integration/hsm/conformance/made_tokens.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {

class TokenTest : public ::testing::Test {
 protected:
  // Skips the test where the machine does not have the token, or the token is known to lack what the appliance needs.
  void set_up(const Candidate& candidate) {
    const MadeToken& made = made_token(candidate);
    if (!made.failure.empty()) FAIL() << candidate.what << ": " << made.failure;
    if (!made.unavailable.empty()) GTEST_SKIP() << candidate.what << ": " << made.unavailable;
    use(candidate, made);
  }
  // The token as a customer's own HSM, which may lack more.
  void set_up_as_customers(const Candidate& candidate) {
    const MadeToken& made = made_token(candidate);
    if (!made.failure.empty()) FAIL() << candidate.what << ": " << made.failure;
    if (!made.token) GTEST_SKIP() << candidate.what << ": " << made.unavailable;
    config_.customer = true;
    use(candidate, made);
  }
  void TearDown() override {
    if (IsSkipped()) return;
    auto& row = capability_table().row(candidate_);
    ++(HasFailure() ? row.failed : row.passed);
  }
  void restart() {
    client_.reset();
    auto started = Client::start(config_, clock_, logger_);
    if (!started) throw std::runtime_error(started.error().describe());  // nothing can go on without
    client_ = *std::move(started);
  }
  void create_platform_kek(KeyVersion version) {
    const auto created = wait_for(client_->create_platform_kek(version));
    ASSERT_TRUE(created) << created.error().describe();
  }
  OrgKekRef new_org_kek(std::string_view aad) {
    auto wrapped = wait_for(client_->create_org_kek(version_, aad_of(aad)));
    EXPECT_TRUE(wrapped) << wrapped.error().describe();
    if (!wrapped) throw std::runtime_error("no org KEK");
    return std::make_shared<OrgKek>(
        OrgKek{.org = OrgId::make(clock_, random_), .version = 1, .wrapped = *std::move(wrapped), .aad = aad_of(aad)});
  }
  WrappedDek wrap(const OrgKekRef& kek, const Dek& dek, std::string_view aad) {
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek.duplicate(), .aad = aad_of(aad)});
    auto wrapped = wait_for(client_->wrap_deks(kek, std::move(list)));
    EXPECT_TRUE(wrapped) << wrapped.error().describe();
    return wrapped.value().front().value();
  }
  Result<Dek> unwrap(const OrgKekRef& kek, const WrappedDek& wrapped, std::string_view aad) {
    return wait_for(client_->unwrap_dek(kek, wrapped, aad_of(aad)));
  }
  void expect_opens(const OrgKekRef& kek, const WrappedDek& wrapped, std::string_view aad, const Dek& dek) {
    const auto opened = unwrap(kek, wrapped, aad);
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_EQ(*opened, dek);
  }
  // With its proof, and without one; not with what another DEK has sealed.
  void expect_moves(const OrgKekRef& from, const OrgKekRef& to, const Dek& dek) {
    const Dek other = Dek::random(kDekSize, random_);
    const DekToRewrap item{
        .wrapped = wrap(from, dek, "seed 1"), .aad_before = aad_of("seed 1"), .aad_after = aad_of("new")};
    std::vector<DekToRewrap> list(3, item);
    list[0].proof = kaito::test::sealed(dek.expose_secret(), "a seed", aad_of("of seed 1"));
    list[1].proof = kaito::test::sealed(other.expose_secret(), "a seed", aad_of("of seed 1"));
    const auto moved = wait_for(client_->rewrap_deks(from, to, std::move(list)));
    ASSERT_TRUE(moved) << moved.error().describe();
    for (const std::size_t right : {0U, 2U}) {
      ASSERT_TRUE((*moved)[right]) << (*moved)[right].error().describe();
      expect_opens(to, *(*moved)[right], "new", dek);
    }
    ASSERT_FALSE((*moved)[1]);
    EXPECT_EQ((*moved)[1].error().code, Code::integrity);
  }

  ClientConfig config_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
  KeyVersion version_ = 0;  // of this test alone, and nine more

 private:
  void use(const Candidate& candidate, const MadeToken& made) {
    candidate_ = candidate.name;
    const bool customers = config_.customer;
    config_ = made.token->config();
    config_.customer = customers;
    if (customers) config_.token_directory.clear();  // the customer's to keep
    restart();
    static KeyVersion last_version = 0;
    version_ = last_version += 10;
  }
  std::string candidate_;
};

}  // namespace kaito::hsm::test
