#include "hsm/return_value.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kaito::hsm {
namespace {

TEST(ReturnValue, EveryRowIsFoundByItsValueAndStandsOnce) {
  std::set<CK_RV> seen;
  for (const ReturnTraits& row : return_table()) {
    EXPECT_TRUE(seen.insert(row.value).second) << row.name;
    EXPECT_EQ(traits_of(row.value).name, row.name);
  }
}

TEST(ReturnValue, AnyOtherValueIsFatalAndUnavailable) {
  std::set<CK_RV> known;
  for (const ReturnTraits& row : return_table()) known.insert(row.value);
  for (CK_RV value = 0; value < 0x300; ++value) {
    if (known.contains(value)) continue;
    EXPECT_EQ(traits_of(value).kind, ReturnClass::fatal) << value;
    EXPECT_EQ(traits_of(value).code, Code::hsm_unavailable) << value;
  }
  EXPECT_EQ(traits_of(CKR_VENDOR_DEFINED | 42).name, "vendor-defined");
}

TEST(ReturnValue, F6WhatIsLostIsReopened) {
  for (const CK_RV value : {CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_OBJECT_HANDLE_INVALID,
                            CKR_KEY_HANDLE_INVALID, CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT})
    EXPECT_EQ(traits_of(value).kind, ReturnClass::reopen) << value;
  EXPECT_EQ(traits_of(CKR_USER_NOT_LOGGED_IN).kind, ReturnClass::relogin);
}

TEST(ReturnValue, F8EveryComplaintAboutThePinStopsTheWorker) {
  for (const CK_RV value : {CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED, CKR_PIN_LOCKED}) {
    EXPECT_EQ(traits_of(value).kind, ReturnClass::fatal) << value;
    EXPECT_EQ(traits_of(value).code, Code::hsm_pin_rejected) << value;
  }
}

TEST(ReturnValue, F9AGeneralErrorIsABadTagOnlyWhereDataIsOpened) {
  EXPECT_EQ(traits_of(CKR_GENERAL_ERROR, Purpose::opens_data).kind, ReturnClass::data_error);
  EXPECT_EQ(traits_of(CKR_GENERAL_ERROR, Purpose::opens_data).code, Code::integrity);
  EXPECT_EQ(traits_of(CKR_GENERAL_ERROR, Purpose::general).kind, ReturnClass::fatal);
  EXPECT_EQ(traits_of(CKR_DEVICE_ERROR, Purpose::opens_data).kind, ReturnClass::restart);
}

TEST(ReturnValue, F9OnlyACallThatTakesDataCanFindItBad) {
  for (const CK_RV value : {CKR_ENCRYPTED_DATA_INVALID, CKR_SIGNATURE_INVALID, CKR_WRAPPED_KEY_INVALID}) {
    EXPECT_EQ(traits_of(value, Purpose::general).code, Code::hsm_unavailable) << value;
    EXPECT_EQ(traits_of(value, Purpose::opens_data).code, Code::integrity) << value;
    EXPECT_EQ(traits_of(value, Purpose::verifies).code, Code::integrity) << value;
  }
  EXPECT_EQ(traits_of(CKR_GENERAL_ERROR, Purpose::verifies).code, Code::hsm_unavailable);
}

TEST(ReturnValue, F10ABufferTooSmallCostsTheSession) {
  EXPECT_EQ(traits_of(CKR_BUFFER_TOO_SMALL).kind, ReturnClass::reopen);
}

}  // namespace
}  // namespace kaito::hsm
