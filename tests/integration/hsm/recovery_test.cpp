// The library on a SoftHSM2 token whose calls fail when the test says so.
#include <gtest/gtest.h>

#include "hsm/key_service.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {
namespace {

class Recovery : public ::testing::Test {
 protected:
  Result<std::unique_ptr<KeyService>> open(std::string_view pin = SoftHsmToken::kPin) {
    return KeyService::open(module_.modules(), *TokenUri::parse(token_.config().token_uri), Pin::copy_of(pin),
                            TokenRole::appliance, 16, nullptr, clock_, random_, logger_);
  }
  void SetUp() override {
    auto opened = open();
    ASSERT_TRUE(opened) << opened.error().describe();
    service_ = *std::move(opened);
    ASSERT_TRUE(service_->create_platform_kek(1));
    ASSERT_TRUE(service_->create_audit_key(1));
    blob_ = *service_->create_org_kek(1, {});
    wrapped_ = (*service_->wrap(kek(), std::vector<DekToWrapView>{{.dek = dek_, .aad = {}}}))[0];
  }
  OrgKekView kek() const { return {.blob = blob_, .aad = {}}; }
  Result<UnwrappedDeks> unwrap() {
    return service_->unwrap(kek(), std::vector<DekToUnwrapView>{{.wrapped = wrapped_, .aad = {}}});
  }
  bool unwraps_right() {
    const auto result = unwrap();
    return result && result->outcomes[0] && std::ranges::equal(result->deks, dek_);
  }

  SoftHsmToken token_;
  FaultyModule module_{token_};
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<KeyService> service_;
  Bytes blob_;
  const ByteArray<kDekSize> dek_{1, 2, 3};
  Bytes wrapped_;
};

struct Fault {
  const char* function;
  CK_RV value;
};

class RecoveryFrom : public Recovery, public ::testing::WithParamInterface<Fault> {};

TEST_P(RecoveryFrom, F6AnswersRightAfterTheTokenWasReopened) {
  for (int call = 1; call <= 3; ++call) {
    const auto epoch = service_->status().epoch;
    module_.fail(GetParam().function, GetParam().value, call);
    for (int i = 0; i < call; ++i) {
      ASSERT_TRUE(unwraps_right()) << "call " << call;
      ASSERT_TRUE(service_->sign(1, {})) << "call " << call;
    }
    EXPECT_EQ(service_->status().epoch, epoch + 1) << "call " << call;
  }
  EXPECT_FALSE(service_->must_restart());
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RecoveryFrom,
    ::testing::Values(Fault{"C_DecryptInit", CKR_SESSION_HANDLE_INVALID}, Fault{"C_Decrypt", CKR_SESSION_CLOSED},
                      Fault{"C_DecryptInit", CKR_OBJECT_HANDLE_INVALID}, Fault{"C_DecryptInit", CKR_KEY_HANDLE_INVALID},
                      Fault{"C_DecryptInit", CKR_USER_NOT_LOGGED_IN}, Fault{"C_Decrypt", CKR_DEVICE_REMOVED},
                      Fault{"C_SignInit", CKR_TOKEN_NOT_PRESENT}, Fault{"C_Sign", CKR_SESSION_HANDLE_INVALID},
                      Fault{"C_DecryptInit", CKR_OPERATION_ACTIVE}, Fault{"C_Decrypt", CKR_BUFFER_TOO_SMALL}));

TEST_F(Recovery, F6FindsItsKeysAgainWhenTheTokenClosedAllSessions) {
  CK_SLOT_ID slots[8];
  CK_ULONG count = 8;
  ASSERT_EQ(module_.real()->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  for (CK_ULONG i = 0; i < count; ++i) module_.real()->C_CloseAllSessions(slots[i]);
  EXPECT_TRUE(unwraps_right());
  EXPECT_TRUE(service_->sign(1, {}));
  EXPECT_TRUE(service_->create_org_kek(1, {}));
  EXPECT_FALSE(service_->must_restart());
}

TEST_F(Recovery, F6GivesUpAfterABoundedNumberOfTries) {
  module_.fail("C_DecryptInit", CKR_SESSION_HANDLE_INVALID, 1, 1000);
  const auto result = unwrap();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::hsm_unavailable);
  ASSERT_TRUE(service_->must_restart());
  EXPECT_LE(module_.calls("C_DecryptInit"), 10);
}

TEST_F(Recovery, F8DoesNotTryAPinAgainThatWasRefusedOnReopening) {
  module_.fail("C_Login", CKR_PIN_INCORRECT, 1, 1000);
  module_.fail("C_DecryptInit", CKR_SESSION_HANDLE_INVALID);
  EXPECT_EQ(unwrap().error().code, Code::hsm_pin_rejected);
  EXPECT_EQ(module_.calls("C_Login"), 1);
  ASSERT_TRUE(service_->must_restart());
  EXPECT_EQ(service_->must_restart()->code, Code::hsm_pin_rejected);
}

TEST_F(Recovery, F9TakesAGeneralErrorForABadTagWhileTheCanarySings) {
  module_.fail_after("C_Decrypt", CKR_GENERAL_ERROR);
  const auto result = unwrap();
  ASSERT_TRUE(result);
  ASSERT_FALSE(result->outcomes[0]);
  EXPECT_EQ(result->outcomes[0].error().code, Code::integrity);
  EXPECT_FALSE(service_->must_restart());
  EXPECT_TRUE(unwraps_right());
}

TEST_F(Recovery, F9TakesAGeneralErrorForALostTokenWhenTheCanaryIsSilent) {
  module_.fail("C_Decrypt", CKR_GENERAL_ERROR, 1, 1000);
  const auto result = unwrap();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::hsm_unavailable);
  EXPECT_TRUE(service_->must_restart());
}

TEST_F(Recovery, EndsTheProcessOnADeviceError) {
  module_.fail("C_Decrypt", CKR_DEVICE_ERROR);
  EXPECT_EQ(unwrap().error().code, Code::hsm_unavailable);
  EXPECT_TRUE(service_->must_restart());
}

TEST_F(Recovery, TriesAgainWhenTheTokenHasNoFreeSession) {
  module_.fail("C_DecryptInit", CKR_SESSION_HANDLE_INVALID);
  module_.fail("C_OpenSession", CKR_SESSION_COUNT);
  const auto result = unwrap();
  // A reopening that fails ends the process; the next one starts clean.
  EXPECT_FALSE(result);
  EXPECT_EQ(service_->must_restart()->code, Code::hsm_unavailable);
}

TEST_F(Recovery, AKeyWhoseCreationWasCutShortIsNotMadeTwice) {
  // The token made the key; its check then found the session gone.
  module_.fail("C_GetAttributeValue", CKR_SESSION_HANDLE_INVALID);
  ASSERT_TRUE(service_->create_platform_kek(2));
  EXPECT_TRUE(service_->create_org_kek(2, {}));
  EXPECT_EQ(service_->status().platform_keks.size(), 2u);
  service_.reset();
  EXPECT_TRUE(open());  // which would refuse a key that exists twice
}

TEST_F(Recovery, F16DoesNotBelieveADestructionThatDidNotHappen) {
  ASSERT_TRUE(service_->create_platform_kek(2));
  module_.plan("C_DestroyObject 1 return 0 times 1000\n");  // success, and nothing done
  const auto destroyed = service_->destroy_platform_kek(2);
  ASSERT_FALSE(destroyed);
  EXPECT_EQ(destroyed.error().code, Code::hsm_unavailable);
  EXPECT_NE(destroyed.error().detail.find("still in the token"), std::string::npos) << destroyed.error().detail;
  module_.heal();
  EXPECT_TRUE(service_->create_org_kek(2, {}));
  EXPECT_TRUE(service_->destroy_platform_kek(2));
  EXPECT_EQ(service_->create_org_kek(2, {}).error().code, Code::not_found);
}

TEST_F(Recovery, F16ReportsADestructionThatTheTokenRefuses) {
  ASSERT_TRUE(service_->create_platform_kek(2));
  module_.fail("C_DestroyObject", CKR_ACTION_PROHIBITED, 1, 1000);
  EXPECT_FALSE(service_->destroy_platform_kek(2));
  module_.heal();
  EXPECT_TRUE(service_->create_org_kek(2, {}));
}

TEST_F(Recovery, GivesOutNoCiphertextThatDoesNotOpen) {
  module_.plan("C_Encrypt 1 garbage times 1000\n");
  const auto wrapped = service_->wrap(kek(), std::vector<DekToWrapView>{{.dek = dek_, .aad = {}}});
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code, Code::hsm_unavailable);
}

TEST_F(Recovery, GivesOutNoSignatureThatDoesNotVerify) {
  module_.plan("C_Sign 1 garbage times 1000\n");
  EXPECT_EQ(service_->sign(1, {}).error().code, Code::hsm_unavailable);
}

TEST_F(Recovery, F17DoesNotServeWhenAKnownAnswerIsWrong) {
  service_.reset();
  for (const char* function : {"C_Encrypt", "C_Decrypt", "C_WrapKey", "C_UnwrapKey", "C_CreateObject"}) {
    module_.heal();
    module_.fail(function, CKR_FUNCTION_FAILED);
    const auto opened = open();
    ASSERT_FALSE(opened) << function;
    EXPECT_NE(opened.error().detail.find(function), std::string::npos) << opened.error().detail;
  }
}

TEST_F(Recovery, F8SpendsOneLoginOnAWrongPin) {
  service_.reset();
  module_.fail("C_Login", CKR_OK);
  const auto opened = open("wrong-horse-0000");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::hsm_pin_rejected);
  EXPECT_EQ(module_.calls("C_Login"), 1);
}

}  // namespace
}  // namespace kaito::hsm::test
