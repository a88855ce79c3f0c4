// The tokens as customers' own HSMs: keys that stay in them, and nothing of the appliance's. Each with the kind of key
// that it serves by itself, and those that are there for it with an RSA pair as well.
#include "tests/integration/hsm/conformance/token_test.hpp"

namespace kaito::hsm::test {
namespace {

enum class Kind : std::uint8_t { by_itself, pair };

struct CustomersToken {
  Candidate candidate;
  Kind kind = Kind::by_itself;
};
void PrintTo(const CustomersToken& token, std::ostream* out) { *out << token.candidate.name; }

constexpr std::size_t kOaepDek = 1 + 384 + 32;

class CustomersConformance : public TokenTest, public ::testing::WithParamInterface<CustomersToken> {
 protected:
  void SetUp() override {
    set_up_as_customers(GetParam().candidate);
    if (IsSkipped() || HasFatalFailure()) return;
    const auto status = wait_for(client_->status());
    ASSERT_TRUE(status) << status.error().describe();
    serves_by_pairs_ = chosen(*status, "DEKs").starts_with("RSA-OAEP");
    auto& row = capability_table().row(GetParam().candidate.name);
    if (row.deks.empty()) row.deks = chosen(*status, "DEKs");
  }
  [[nodiscard]] bool is_pair() const { return serves_by_pairs_ || GetParam().kind == Kind::pair; }
  // Keys are shared by a token's tests: making an RSA pair takes seconds.
  OrgKekRef adopt(std::string_view name, std::string_view aad, std::string_view type) {
    auto adopted = wait_for(client_->adopt_org_kek(fmt::format("pkcs11:object={}{}", name, type), true, aad_of(aad)));
    EXPECT_TRUE(adopted) << adopted.error().describe();
    if (!adopted) throw std::runtime_error("no customer's key");
    return std::make_shared<OrgKek>(
        OrgKek{.org = OrgId::make(clock_, random_), .version = 1, .wrapped = *std::move(adopted), .aad = aad_of(aad)});
  }
  OrgKekRef adopt(std::string_view name, std::string_view aad) {
    return adopt(name, aad, GetParam().kind == Kind::pair ? ";type=private" : "");
  }

  bool serves_by_pairs_ = false;
};

TEST_P(CustomersConformance, S12UnwrapsAfterARestartWhatACustomersKeyWrapped) {
  const OrgKekRef kek = adopt("one", "org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  EXPECT_EQ(wrapped.blob.size() == kOaepDek, is_pair());
  expect_opens(kek, wrapped, "seed 1", dek);
  restart();
  expect_opens(kek, wrapped, "seed 1", dek);
  EXPECT_TRUE(wait_for(client_->canary()));
  EXPECT_EQ(wait_for(client_->create_platform_kek(version_)).error().code, Code::invalid_request);
}

TEST_P(CustomersConformance, F9F21RefusesAWrappedDekThatWasAlteredOrMoved) {
  const OrgKekRef kek = adopt("one", "org a");
  const Dek dek = Dek::random(kDekSize, random_);
  const WrappedDek wrapped = wrap(kek, dek, "seed 1");
  std::vector<DekToUnwrap> spoilt;
  for (std::size_t i = 0; i < wrapped.blob.size(); ++i) {
    WrappedDek changed = wrapped;
    changed.blob[i] ^= static_cast<std::uint8_t>(1 << i % 8);
    spoilt.push_back({.wrapped = std::move(changed), .aad = aad_of("seed 1")});
  }
  const auto results = wait_for(client_->unwrap_deks(kek, std::move(spoilt)));
  ASSERT_TRUE(results) << results.error().describe();
  for (std::size_t i = 0; i < results->size(); ++i) {
    ASSERT_FALSE((*results)[i]) << "byte " << i;
    EXPECT_EQ((*results)[i].error().code, Code::integrity) << "byte " << i << " " << (*results)[i].error().detail;
  }
  EXPECT_EQ(unwrap(kek, wrapped, "seed 2").error().code, Code::integrity);
  EXPECT_EQ(unwrap(adopt("two", "org a"), wrapped, "seed 1").error().code, Code::integrity);
  expect_opens(kek, wrapped, "seed 1", dek);
  EXPECT_EQ(client_->state().starts, 1u);
}

TEST_P(CustomersConformance, F21RefusesAKeyAtAnotherPlaceOrWithAnAlteredBlob) {
  const OrgKekRef kek = adopt("one", "org a");
  OrgKek moved = *kek;
  moved.aad = aad_of("org b");
  EXPECT_EQ(wait_for(client_->load_org_kek(std::make_shared<OrgKek>(moved))).error().code, Code::hsm_key_rejected);
  for (const std::size_t i : {kek->wrapped.blob.size() - 1, kek->wrapped.blob.size() - 40}) {
    OrgKek changed = *kek;
    changed.wrapped.blob[i] ^= 1;
    const auto loaded = wait_for(client_->load_org_kek(std::make_shared<OrgKek>(std::move(changed))));
    ASSERT_FALSE(loaded) << "byte " << i;
    EXPECT_EQ(loaded.error().code, Code::hsm_key_rejected) << "byte " << i << " " << loaded.error().describe();
  }
  EXPECT_TRUE(wait_for(client_->load_org_kek(kek)));
}

TEST_P(CustomersConformance, S3MovesDeksFromOneCustomersKeyToAnother) {
  const OrgKekRef from = adopt("one", "org a, version 1");
  const OrgKekRef to = adopt("two", "org a, version 2");
  const Dek dek = Dek::random(kDekSize, random_);
  expect_moves(from, to, dek);
}

TEST_P(CustomersConformance, S3MovesDeksBetweenAnAesKeyAndAnRsaPair) {
  if (serves_by_pairs_) GTEST_SKIP() << "the token serves by RSA pairs alone";
  if (GetParam().kind != Kind::pair) GTEST_SKIP() << "once is enough";
  const OrgKekRef aes = adopt("one", "org a, version 1", ";type=secret-key");
  const OrgKekRef pair = adopt("one", "org a, version 2");
  const Dek dek = Dek::random(kDekSize, random_);
  expect_moves(aes, pair, dek);
  expect_moves(pair, aes, dek);
}

TEST_P(CustomersConformance, UnwrapsManyDeksInOneCall) {
  const OrgKekRef kek = adopt("one", "org a");
  constexpr std::size_t kCount = 32;
  const Dek dek = Dek::random(kDekSize, random_);
  std::vector<DekToUnwrap> list(kCount, {.wrapped = wrap(kek, dek, "seed 1"), .aad = aad_of("seed 1")});
  const auto start = clock_.steady_now();
  const auto opened = wait_for(client_->unwrap_deks(kek, std::move(list)));
  const std::chrono::duration<double> took = clock_.steady_now() - start;
  ASSERT_TRUE(opened) << opened.error().describe();
  for (const auto& one : *opened) {
    ASSERT_TRUE(one) << one.error().describe();
    EXPECT_EQ(*one, dek);
  }
  if (is_pair()) capability_table().row(GetParam().candidate.name).pair_unwraps_per_second = kCount / took.count();
}

std::vector<CustomersToken> customers_tokens() {
  std::vector<CustomersToken> tokens;
  for (const Candidate& candidate : candidates()) tokens.push_back({.candidate = candidate});
  // One of each kind of token: those that only play another one make pairs in the same way.
  for (const Candidate& candidate : candidates())
    for (const std::string_view name : {"SoftHSM2", "NoImport", "Opencryptoki", "NssSoftoken", "P11KitServer"})
      if (candidate.name == name) tokens.push_back({.candidate = candidate, .kind = Kind::pair});
  return tokens;
}

INSTANTIATE_TEST_SUITE_P(Token, CustomersConformance, ::testing::ValuesIn(customers_tokens()), [](const auto& info) {
  return info.param.candidate.name + std::string(info.param.kind == Kind::pair ? "Pair" : "");
});

}  // namespace
}  // namespace kaito::hsm::test
