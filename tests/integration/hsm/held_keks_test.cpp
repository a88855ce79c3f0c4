// How often a key in a customer's token is looked for, and what the worker does when the module fails meanwhile.
#include <gtest/gtest.h>

#include "hsm/key_service.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/integration/hsm/faulty_module.hpp"

namespace kaito::hsm::test {
namespace {

class HeldKeksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened =
        KeyService::open(module_.modules(), *TokenUri::parse(token_.config().token_uri),
                         Pin::copy_of(SoftHsmToken::kPin), TokenRole::customer, 16, nullptr, clock_, random_, logger_);
    ASSERT_TRUE(opened) << opened.error().describe();
    service_ = *std::move(opened);
    blob_ = service_->adopt_org_kek({.make = MakeKey::if_missing, .key = "pkcs11:object=kek", .aad = {}}).value();
    wrapped_ = service_->wrap(kek(), std::vector<DekToWrapView>{{.dek = dek_, .aad = {}}}).value().front();
  }
  OrgKekView kek() const { return {.blob = blob_, .aad = {}}; }
  // "opens", or the error's slug.
  std::string unwrap() {
    const auto result = service_->unwrap(kek(), std::vector<DekToUnwrapView>{{.wrapped = wrapped_, .aad = {}}});
    if (!result) return std::string(traits(result.error().code).slug);
    if (!result->outcomes[0]) return std::string(traits(result->outcomes[0].error().code).slug);
    return std::ranges::equal(result->deks, dek_) ? "opens" : "wrong";
  }
  int searches_of_one_unwrap() {
    module_.fail("C_FindObjectsInit", CKR_OK);  // counts from here
    EXPECT_EQ(unwrap(), "opens");
    return module_.calls("C_FindObjectsInit");
  }

  SoftHsmToken token_;
  FaultyModule module_{token_};
  kaito::test::ManualClock clock_;
  SystemClock system_clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, system_clock_};
  std::unique_ptr<KeyService> service_;
  Bytes blob_;
  const ByteArray<kDekSize> dek_{1, 2, 3};
  Bytes wrapped_;
};

TEST_F(HeldKeksTest, S12AreLookedForAgainAfterHalfASecondOfUse) {
  EXPECT_EQ(searches_of_one_unwrap(), 0);
  clock_.advance(HeldKeks::kRecheck - Milliseconds(1));
  EXPECT_EQ(searches_of_one_unwrap(), 0);
  clock_.advance(Milliseconds(1));
  EXPECT_GT(searches_of_one_unwrap(), 0);
  EXPECT_EQ(searches_of_one_unwrap(), 0);
}

TEST_F(HeldKeksTest, S12AModuleThatSaysOfAMissingKeyThatTheDataIsBadIsNotBelieved) {
  // The key goes while the module still takes its handle, and what comes back is the vaguest of answers.
  const ByteView label = as_bytes("kek");
  CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
  CK_SLOT_ID slots[8];
  CK_ULONG count = 8;
  ASSERT_EQ(module_.real()->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
  ASSERT_EQ(module_.real()->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session),
            CKR_OK);
  CK_ATTRIBUTE named{.type = CKA_LABEL, .pValue = const_cast<std::uint8_t*>(label.data()), .ulValueLen = label.size()};
  CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
  ASSERT_EQ(module_.real()->C_FindObjectsInit(session, &named, 1), CKR_OK);
  ASSERT_EQ(module_.real()->C_FindObjects(session, &key, 1, &count), CKR_OK);
  ASSERT_EQ(module_.real()->C_FindObjectsFinal(session), CKR_OK);
  ASSERT_EQ(module_.real()->C_DestroyObject(session, key), CKR_OK);
  module_.plan("C_DecryptInit 1 return 0\nC_Decrypt 1 return 5\n");  // CKR_OK, then CKR_GENERAL_ERROR
  EXPECT_EQ(unwrap(), "hsm-key-rejected");
  EXPECT_EQ(module_.fired(), 2U);
  EXPECT_EQ(unwrap(), "hsm-key-rejected");
}

TEST_F(HeldKeksTest, F6AreFoundAgainWhenTheTokenWasReopened) {
  module_.fail("C_DecryptInit", CKR_SESSION_HANDLE_INVALID);
  EXPECT_EQ(unwrap(), "opens");
  module_.heal();
  module_.fail("C_Decrypt", CKR_DEVICE_REMOVED);
  EXPECT_EQ(unwrap(), "opens");
  EXPECT_FALSE(service_->must_restart());
}

}  // namespace
}  // namespace kaito::hsm::test
