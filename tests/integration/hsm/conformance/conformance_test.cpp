// What the product asks of a token, the same for every one: through the client, a worker process and the token's
// module.
#include <gtest/gtest.h>
#include <sodium.h>
#include <unistd.h>

#include <chrono>

#include "appliance/base/file.hpp"
#include "tests/integration/hsm/conformance/token_test.hpp"

namespace kaito::hsm::test {
namespace {

class Conformance : public TokenTest, public ::testing::WithParamInterface<Candidate> {
 protected:
  void SetUp() override { set_up(GetParam()); }
};

TEST_P(Conformance, C1UnwrapsAfterARestartWhatItWrapped) {
  create_platform_kek(version_);
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  expect_opens(kek, wrapped, "seed 1", dek);
  restart();
  expect_opens(kek, wrapped, "seed 1", dek);
  EXPECT_TRUE(wait_for(client_->canary()));
}

TEST_P(Conformance, WrapsManyDeksInOneCall) {
  create_platform_kek(version_);
  const OrgKekRef kek = new_org_kek("org a");
  constexpr std::size_t kCount = 200;
  std::vector<Dek> deks;
  std::vector<DekToWrap> to_wrap;
  for (std::size_t i = 0; i < kCount; ++i) {
    deks.push_back(Dek::random(kDekSize, random_));
    to_wrap.push_back({.dek = deks.back().duplicate(), .aad = aad_of(fmt::format("seed {}", i))});
  }
  const auto wrapped = wait_for(client_->wrap_deks(kek, std::move(to_wrap)));
  ASSERT_TRUE(wrapped) << wrapped.error().describe();
  std::vector<DekToUnwrap> to_unwrap;
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE((*wrapped)[i]);
    to_unwrap.push_back({.wrapped = *(*wrapped)[i], .aad = aad_of(fmt::format("seed {}", i))});
  }
  const auto start = std::chrono::steady_clock::now();
  const auto opened = wait_for(client_->unwrap_deks(kek, std::move(to_unwrap)));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(opened) << opened.error().describe();
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE((*opened)[i]) << i;
    EXPECT_EQ(*(*opened)[i], deks[i]) << i;
  }
  capability_table().row(GetParam().name).unwraps_per_second = kCount / took.count();
}

TEST_P(Conformance, F9RefusesAWrappedDekOfWhichAnyByteWasTurnedOverAndServesOn) {
  create_platform_kek(version_);
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  std::vector<DekToUnwrap> spoilt;
  for (std::size_t i = 0; i < wrapped.blob.size(); ++i) {
    WrappedDek changed = wrapped;
    changed.blob[i] ^= static_cast<std::uint8_t>(1 << i % 8);
    spoilt.push_back({.wrapped = std::move(changed), .aad = aad_of("seed 1")});
  }
  spoilt.push_back({.wrapped = {.blob = Bytes(wrapped.blob.begin(), wrapped.blob.end() - 1)}, .aad = aad_of("seed 1")});
  const auto results = wait_for(client_->unwrap_deks(kek, std::move(spoilt)));
  ASSERT_TRUE(results) << results.error().describe();
  for (std::size_t i = 0; i < results->size(); ++i) {
    ASSERT_FALSE((*results)[i]) << "byte " << i;
    EXPECT_EQ((*results)[i].error().code, Code::integrity) << "byte " << i << " " << (*results)[i].error().detail;
  }
  expect_opens(kek, wrapped, "seed 1", dek);
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_P(Conformance, F21RefusesADekInAnotherPlaceOrOrg) {
  create_platform_kek(version_);
  const OrgKekRef a = new_org_kek("org a");
  const OrgKekRef b = new_org_kek("org b");
  const WrappedDek wrapped = wrap(a, Dek::random(kDekSize, random_), "seed 1");
  EXPECT_EQ(unwrap(a, wrapped, "seed 2").error().code, Code::integrity);
  EXPECT_EQ(unwrap(b, wrapped, "seed 1").error().code, Code::integrity);
}

TEST_P(Conformance, F21RefusesAnOrgKekInAnotherPlace) {
  create_platform_kek(version_);
  OrgKek moved = *new_org_kek("org a");
  moved.aad = aad_of("org b");
  const auto loaded = wait_for(client_->load_org_kek(std::make_shared<OrgKek>(moved)));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::integrity) << loaded.error().detail;
}

TEST_P(Conformance, F21RefusesAnOrgKekOfWhichAnyByteWasTurnedOver) {
  create_platform_kek(version_);
  const OrgKekRef kek = new_org_kek("org a");
  for (std::size_t i = 0; i < kek->wrapped.blob.size(); ++i) {
    OrgKek changed = *kek;
    changed.wrapped.blob[i] ^= static_cast<std::uint8_t>(1 << i % 8);
    const auto loaded = wait_for(client_->load_org_kek(std::make_shared<OrgKek>(std::move(changed))));
    ASSERT_FALSE(loaded) << "byte " << i;
    // A changed platform key version names a key that is not there, a changed scheme perhaps one of another token.
    EXPECT_TRUE(loaded.error().code == Code::integrity || loaded.error().code == Code::not_found ||
                (i == 1 && loaded.error().code == Code::hsm_unsupported))
        << "byte " << i << " " << loaded.error().describe();
  }
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_P(Conformance, S3MovesOrgKeksToAnotherPlatformKekAndF16DestroysTheOldOne) {
  create_platform_kek(version_);
  create_platform_kek(version_ + 1);
  const OrgKekRef before = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(before, dek, "seed 1");
  const auto moved =
      wait_for(client_->rewrap_org_keks(version_, version_ + 1, {{.blob = before->wrapped.blob, .aad = before->aad}}));
  ASSERT_TRUE(moved) << moved.error().describe();
  ASSERT_TRUE(moved->front()) << moved->front().error().describe();
  OrgKek after = *before;
  after.wrapped = *moved->front();
  const auto destroyed = wait_for(client_->destroy_platform_kek(version_));
  ASSERT_TRUE(destroyed) << destroyed.error().describe();
  restart();
  expect_opens(std::make_shared<OrgKek>(after), wrapped, "seed 1", dek);
  EXPECT_EQ(unwrap(before, wrapped, "seed 1").error().code, Code::not_found);
}

TEST_P(Conformance, S3MovesDeksToAnotherOrgKek) {
  create_platform_kek(version_);
  const OrgKekRef from = new_org_kek("org a, version 1");
  const OrgKekRef to = new_org_kek("org a, version 2");
  const Dek dek = Dek::random(kDekSize, random_);
  expect_moves(from, to, dek);
}

TEST_P(Conformance, SignsTheAuditLogWithAKeyThatSurvivesARestart) {
  const auto key = wait_for(client_->create_audit_key(version_));
  ASSERT_TRUE(key) << key.error().describe();
  restart();
  const auto found = wait_for(client_->audit_key(version_));
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_EQ(found->public_key, key->public_key);
  const Bytes message = aad_of("a checkpoint");
  const auto signature = wait_for(client_->sign(version_, message));
  ASSERT_TRUE(signature) << signature.error().describe();
  EXPECT_EQ(crypto_sign_verify_detached(signature->data(), message.data(), message.size(), key->public_key.data()), 0);
  const auto destroyed = wait_for(client_->destroy_audit_key(version_));
  ASSERT_TRUE(destroyed) << destroyed.error().describe();
  EXPECT_EQ(wait_for(client_->sign(version_, message)).error().code, Code::not_found);
}

TEST_P(Conformance, F11ServesAHundredCallersWithTheSessionsThatTheTokenHas) {
  create_platform_kek(version_);
  const OrgKekRef kek = new_org_kek("org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  std::vector<Future<Result<Dek>>> calls;
  for (int i = 0; i < 100; ++i) calls.push_back(client_->unwrap_dek(kek, wrapped, aad_of("seed 1")));
  for (auto& call : calls) {
    const auto opened = wait_for(std::move(call));
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_EQ(*opened, dek);
  }
}

TEST_P(Conformance, F8SpendsOneLoginOnAWrongPin) {
  const auto pin = std::filesystem::temp_directory_path() / fmt::format("kaito-wrong-pin-{}", ::getpid());
  ASSERT_TRUE(write_file_atomically(pin, as_bytes("00000000")));
  client_.reset();
  ClientConfig wrong = config_;
  wrong.token_uri = wrong.token_uri.substr(0, wrong.token_uri.find('?')) + "?pin-source=file:" + pin.string();
  const auto refused = Client::start(wrong, clock_, logger_);
  std::filesystem::remove(pin);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::hsm_pin_rejected) << refused.error().detail;
  restart();  // the right one still opens it
}

INSTANTIATE_TEST_SUITE_P(Token, Conformance, ::testing::ValuesIn(candidates().begin(), candidates().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kaito::hsm::test
