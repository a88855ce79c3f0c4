// Org KEKs in a customer's own token: used as they are there, and never longer than the customer agrees.
#include <gtest/gtest.h>
#include <poll.h>

#include "hsm/client/client.hpp"
#include "tests/integration/hsm/customer_token.hpp"

namespace kaito::hsm::test {
namespace {

constexpr std::string_view kKey = "acme-kek";
constexpr Milliseconds kNoticed{1000};  // what the manual promises

class CustomerKey : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    client_.reset();
    auto started = Client::start(token_.config(), clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
  }
  Result<OrgKekRef> adopt(const std::string& uri = "pkcs11:object=acme-kek", bool make = false) {
    const Bytes aad{1, 2, 3};
    KAITO_TRY(auto wrapped, wait_for(client_->adopt_org_kek(uri, make, aad)));
    return std::make_shared<const OrgKek>(OrgKek{.org = {}, .version = 1, .wrapped = std::move(wrapped), .aad = aad});
  }
  void adopt_key() {
    token_.make(kKey);
    adopt_and_wrap("pkcs11:object=acme-kek");
  }
  void adopt_and_wrap(const std::string& uri) {
    kek_ = adopt(uri).value();
    std::vector<DekToWrap> deks;
    deks.push_back({.dek = dek_.duplicate(), .aad = {7}});
    wrapped_ = wait_for(client_->wrap_deks(kek_, std::move(deks))).value().front().value();
  }
  Result<Dek> unwrap() { return wait_for(client_->unwrap_dek(kek_, wrapped_, {7})); }
  bool opens() {
    const auto dek = unwrap();
    return dek && *dek == dek_;
  }
  // Asks all the time until `opens()` is `wanted`; how long that took.
  Milliseconds until(bool wanted) {
    const auto began = clock_.steady_now();
    while (opens() != wanted && clock_.steady_now() - began < Seconds(60)) ::poll(nullptr, 0, 5);
    EXPECT_EQ(opens(), wanted);
    return std::chrono::duration_cast<Milliseconds>(clock_.steady_now() - began);
  }

  CustomerToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  Dek dek_ = Dek::random(kDekSize, random_);
  std::unique_ptr<Client> client_;
  OrgKekRef kek_;
  WrappedDek wrapped_;
};

TEST_F(CustomerKey, S12WrapsAndUnwrapsWithoutAnyKeyOfTheAppliance) {
  adopt_key();
  EXPECT_TRUE(opens());
  const auto status = wait_for(client_->status());
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->platform_keks.empty() && status->audit_keys.empty() && status->backup_keys.empty());
  EXPECT_EQ(token_.count("kaito-platform-kek") + token_.count("kaito-backup-key"), 0);
  // A later start needs nothing but the blob.
  open();
  EXPECT_TRUE(opens());
}

TEST_F(CustomerKey, TakesPartInNoOperationOfThePlatformsToken) {
  EXPECT_EQ(wait_for(client_->create_platform_kek(1)).error().code, Code::invalid_request);
  EXPECT_EQ(wait_for(client_->create_backup_key(1)).error().code, Code::invalid_request);
  EXPECT_EQ(wait_for(client_->create_org_kek(1, {})).error().code, Code::invalid_request);
  EXPECT_EQ(wait_for(client_->destroy_platform_kek(1)).error().code, Code::invalid_request);
  EXPECT_EQ(wait_for(client_->sign(1, {})).error().code, Code::invalid_request);
}

TEST_F(CustomerKey, IsMadeInTheTokenOnRequestAndOnlyOnce) {
  EXPECT_EQ(adopt().error().code, Code::hsm_key_rejected);
  ASSERT_TRUE(adopt("pkcs11:object=acme-kek", true));
  ASSERT_TRUE(adopt("pkcs11:object=acme-kek", true));
  EXPECT_EQ(token_.count(kKey), 1);
}

TEST_F(CustomerKey, F12IsRefusedWhenTwoHaveItsName) {
  token_.make(kKey);
  token_.make(kKey);
  const auto adopted = adopt();
  EXPECT_EQ(adopted.error().code, Code::hsm_key_rejected);
  EXPECT_NE(adopted.error().detail.find("2 keys"), std::string::npos) << adopted.error().detail;
}

TEST_F(CustomerKey, F15IsRefusedByNameWhenItMayLeaveOrServesTwoPurposes) {
  token_.make_extractable("leaves");
  token_.make_wrapping("both");
  const auto leaves = adopt("pkcs11:object=leaves").error();
  EXPECT_EQ(leaves.code, Code::hsm_key_rejected);
  EXPECT_NE(leaves.detail.find("object=leaves: CKA_EXTRACTABLE is true"), std::string::npos) << leaves.detail;
  const auto both = adopt("pkcs11:object=both").error();
  EXPECT_NE(both.detail.find("CKA_WRAP is true"), std::string::npos) << both.detail;
}

TEST_F(CustomerKey, F15APairIsRefusedByNameWhenItIsSmallMayLeaveOrServesTwoPurposes) {
  struct Fault {
    const char* what;
    const char* said;
  };
  for (const auto& [what, said] :
       {Fault{"-2048", "is an RSA key of 2048 bits, not 3072"}, Fault{"-extractable", "CKA_EXTRACTABLE is true"},
        Fault{"-signing", "CKA_SIGN is true"}, Fault{"-unwrapping", "CKA_UNWRAP is true"}}) {
    token_.make_pair(fmt::format("pair{}", what), what);
    const auto refused = adopt(fmt::format("pkcs11:object=pair{};type=private", what));
    ASSERT_FALSE(refused) << what;
    EXPECT_EQ(refused.error().code, Code::hsm_key_rejected);
    EXPECT_NE(refused.error().detail.find(fmt::format("object=pair{};type=private: {}", what, said)), std::string::npos)
        << refused.error().detail;
  }
  token_.make_pair("disabled");
  token_.disable("disabled");
  const auto disabled = adopt("pkcs11:object=disabled;type=private").error();
  EXPECT_NE(disabled.detail.find("CKA_DECRYPT is false"), std::string::npos) << disabled.detail;
}

TEST_F(CustomerKey, APairIsMeantOnlyWhereItIsNamed) {
  token_.make_pair(kKey);
  const auto unnamed = adopt().error();
  EXPECT_EQ(unnamed.code, Code::hsm_key_rejected);
  EXPECT_NE(unnamed.detail.find("type=private"), std::string::npos) << unnamed.detail;
  token_.make(kKey);
  EXPECT_LT(adopt().value()->wrapped.blob.size(), 200U) << "an AES key of the same name";
  EXPECT_GT(adopt("pkcs11:object=acme-kek;type=private").value()->wrapped.blob.size(), 400U);
}

TEST_F(CustomerKey, RefusesUrisThatNameNoKeyAnotherTokenOrAFile) {
  token_.make(kKey);
  for (const char* uri : {"pkcs11:token=customer", "pkcs11:object=acme-kek?pin-source=file:/etc/shadow", "acme-kek",
                          "pkcs11:object=acme-kek;type=public", "pkcs11:object=", "pkcs11:object=a;colour=red"})
    EXPECT_EQ(adopt(uri).error().code, Code::invalid_request) << uri;
  EXPECT_EQ(adopt("pkcs11:object=acme-kek;token=another").error().code, Code::hsm_key_rejected);
  EXPECT_TRUE(adopt("pkcs11:object=acme-kek;token=customer;type=secret-key"));
}

// The same switch for an AES key and for an RSA pair.
class SwitchedKey : public CustomerKey, public ::testing::WithParamInterface<bool> {
 protected:
  [[nodiscard]] bool is_pair() const { return GetParam(); }
  void make() { is_pair() ? token_.make_pair(kKey) : token_.make(kKey); }
  void adopt_key() {
    make();
    adopt_and_wrap(is_pair() ? "pkcs11:object=acme-kek;type=private" : "pkcs11:object=acme-kek");
  }
};
INSTANTIATE_TEST_SUITE_P(Kind, SwitchedKey, ::testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "RsaPair" : "AesKey"); });

TEST_P(SwitchedKey, ABlobServesAtItsOwnPlaceOnly) {
  adopt_key();
  OrgKek elsewhere = *kek_;
  elsewhere.aad = {1, 2, 4};
  const auto dek = wait_for(client_->unwrap_dek(std::make_shared<const OrgKek>(elsewhere), wrapped_, {7}));
  EXPECT_EQ(dek.error().code, Code::hsm_key_rejected);
  OrgKek altered = *kek_;
  altered.wrapped.blob.back() ^= 1;
  const auto other = wait_for(client_->unwrap_dek(std::make_shared<const OrgKek>(altered), wrapped_, {7}));
  EXPECT_EQ(other.error().code, Code::hsm_key_rejected);
}

TEST_P(SwitchedKey, F9ABadDekIsItsOwnFaultAndNotTheKeys) {
  adopt_key();
  auto bad = wrapped_;
  bad.blob.back() ^= 1;
  EXPECT_EQ(wait_for(client_->unwrap_dek(kek_, bad, {7})).error().code, Code::integrity);
  EXPECT_TRUE(opens());
}

TEST_P(SwitchedKey, S12StopsWhenItIsDisabledAndComesBackWhenItIsEnabled) {
  adopt_key();
  EXPECT_TRUE(opens());
  token_.disable(kKey);
  EXPECT_LE(until(false), kNoticed);
  EXPECT_EQ(unwrap().error().code, Code::hsm_key_rejected);
  token_.enable(kKey);
  EXPECT_LE(until(true), kNoticed);
}

TEST_P(SwitchedKey, S12StopsWhenItIsDestroyedEvenIfAnotherTakesItsName) {
  adopt_key();
  token_.destroy(kKey);
  EXPECT_LE(until(false), kNoticed);
  EXPECT_EQ(unwrap().error().code, Code::hsm_key_rejected) << unwrap().error().describe();
  make();
  const auto refused = unwrap();
  EXPECT_EQ(refused.error().code, Code::hsm_key_rejected) << refused.error().describe();
}

TEST_P(SwitchedKey, S12StopsWhenTheTokenIsGoneAndComesBackWithIt) {
  adopt_key();
  EXPECT_TRUE(opens());
  const auto directory = token_.token().softhsm().token_directory;
  const auto away = directory.string() + ".away";
  std::filesystem::rename(directory, away);
  EXPECT_LE(until(false), kNoticed);
  std::filesystem::rename(away, directory);
  EXPECT_LE(until(true), Seconds(5));
}

TEST(LaunchedClient, F18DoesNotWaitForATokenThatIsNotThereAndServesOnceItIs) {
  CustomerToken token;
  token.make(kKey);
  const auto directory = token.token().softhsm().token_directory;
  const auto away = directory.string() + ".away";
  std::filesystem::rename(directory, away);
  SystemClock clock;
  CapturedLog log;
  Logger logger(log, clock);
  auto client = Client::launch(token.config(), clock, logger);
  ASSERT_TRUE(client);
  EXPECT_EQ(wait_for((*client)->canary()).error().code, Code::hsm_unavailable);
  std::filesystem::rename(away, directory);
  const auto began = clock.steady_now();
  while (!wait_for((*client)->canary()) && clock.steady_now() - began < Seconds(60)) ::poll(nullptr, 0, 5);
  EXPECT_LE(clock.steady_now() - began, Seconds(5));
}

TEST(LaunchedClient, LetsTheFirstCallsWaitForItsStart) {
  CustomerToken token;
  SystemClock clock;
  CapturedLog log;
  Logger logger(log, clock);
  auto client = Client::launch(token.config(), clock, logger);
  ASSERT_TRUE(client);
  const auto answered = wait_for((*client)->canary());
  EXPECT_TRUE(answered) << answered.error().describe();
}

TEST(LaunchedClient, F8TriesAWrongPinOnce) {
  CustomerToken token;
  token.token().write_pin("wrong-pin");
  SystemClock clock;
  CapturedLog log;
  Logger logger(log, clock);
  auto client = Client::launch(token.config(), clock, logger);
  ASSERT_TRUE(client);
  while ((*client)->state().phase != WorkerPhase::failed) ::poll(nullptr, 0, 5);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wait_for((*client)->canary()).error().code, Code::hsm_pin_rejected);
  EXPECT_EQ((*client)->state().starts, 1U);
}

}  // namespace
}  // namespace kaito::hsm::test
