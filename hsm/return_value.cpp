#include "hsm/return_value.hpp"

#include <algorithm>
#include <array>

namespace kaito::hsm {
namespace {

using enum ReturnClass;

#define KAITO_ROW(value, kind, code) \
  ReturnTraits { value, #value, kind, Code::code }
constexpr std::array kTable{
    KAITO_ROW(CKR_OK, ok, internal),
    KAITO_ROW(CKR_CANCEL, retry, hsm_unavailable),
    KAITO_ROW(CKR_HOST_MEMORY, restart, hsm_unavailable),
    KAITO_ROW(CKR_SLOT_ID_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_GENERAL_ERROR, fatal, hsm_unavailable),
    KAITO_ROW(CKR_FUNCTION_FAILED, fatal, hsm_unavailable),
    KAITO_ROW(CKR_ARGUMENTS_BAD, fatal, hsm_unsupported),
    KAITO_ROW(CKR_NO_EVENT, retry, hsm_unavailable),
    KAITO_ROW(CKR_NEED_TO_CREATE_THREADS, fatal, hsm_unsupported),
    KAITO_ROW(CKR_CANT_LOCK, fatal, hsm_unsupported),
    KAITO_ROW(CKR_ATTRIBUTE_READ_ONLY, fatal, hsm_unsupported),
    KAITO_ROW(CKR_ATTRIBUTE_SENSITIVE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_ATTRIBUTE_TYPE_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_ATTRIBUTE_VALUE_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_ACTION_PROHIBITED, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_DATA_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_DATA_LEN_RANGE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_DEVICE_ERROR, restart, hsm_unavailable),
    KAITO_ROW(CKR_DEVICE_MEMORY, fatal, hsm_unavailable),
    KAITO_ROW(CKR_DEVICE_REMOVED, reopen, hsm_unavailable),
    KAITO_ROW(CKR_ENCRYPTED_DATA_INVALID, data_error, integrity),
    KAITO_ROW(CKR_ENCRYPTED_DATA_LEN_RANGE, data_error, integrity),
    KAITO_ROW(kAeadDecryptFailed, data_error, integrity),
    KAITO_ROW(CKR_FUNCTION_CANCELED, retry, hsm_unavailable),
    KAITO_ROW(CKR_FUNCTION_NOT_PARALLEL, fatal, hsm_unsupported),
    KAITO_ROW(CKR_FUNCTION_NOT_SUPPORTED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_KEY_HANDLE_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_KEY_SIZE_RANGE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_KEY_TYPE_INCONSISTENT, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_KEY_NOT_NEEDED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_KEY_CHANGED, reopen, hsm_unavailable),
    KAITO_ROW(CKR_KEY_NEEDED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_KEY_INDIGESTIBLE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_KEY_FUNCTION_NOT_PERMITTED, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_KEY_NOT_WRAPPABLE, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_KEY_UNEXTRACTABLE, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_MECHANISM_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_MECHANISM_PARAM_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_OBJECT_HANDLE_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_OPERATION_ACTIVE, reopen, hsm_unavailable),
    KAITO_ROW(CKR_OPERATION_NOT_INITIALIZED, reopen, hsm_unavailable),
    KAITO_ROW(CKR_PIN_INCORRECT, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_PIN_INVALID, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_PIN_LEN_RANGE, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_PIN_EXPIRED, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_PIN_LOCKED, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_PIN_TOO_WEAK, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_SESSION_CLOSED, reopen, hsm_unavailable),
    KAITO_ROW(CKR_SESSION_COUNT, retry, hsm_unavailable),
    KAITO_ROW(CKR_SESSION_HANDLE_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_SESSION_PARALLEL_NOT_SUPPORTED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_SESSION_READ_ONLY, fatal, hsm_unsupported),
    KAITO_ROW(CKR_SESSION_EXISTS, reopen, hsm_unavailable),
    KAITO_ROW(CKR_SESSION_READ_ONLY_EXISTS, reopen, hsm_unavailable),
    KAITO_ROW(CKR_SESSION_READ_WRITE_SO_EXISTS, reopen, hsm_unavailable),
    KAITO_ROW(CKR_SIGNATURE_INVALID, data_error, integrity),
    KAITO_ROW(CKR_SIGNATURE_LEN_RANGE, data_error, integrity),
    KAITO_ROW(CKR_TEMPLATE_INCOMPLETE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_TEMPLATE_INCONSISTENT, fatal, hsm_unsupported),
    KAITO_ROW(CKR_TOKEN_NOT_PRESENT, reopen, hsm_unavailable),
    KAITO_ROW(CKR_TOKEN_NOT_RECOGNIZED, reopen, hsm_unavailable),
    KAITO_ROW(CKR_TOKEN_WRITE_PROTECTED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_UNWRAPPING_KEY_HANDLE_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_UNWRAPPING_KEY_SIZE_RANGE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_USER_ALREADY_LOGGED_IN, ok, internal),  // what was asked for is so
    KAITO_ROW(CKR_USER_NOT_LOGGED_IN, relogin, hsm_unavailable),
    KAITO_ROW(CKR_USER_PIN_NOT_INITIALIZED, fatal, configuration),
    KAITO_ROW(CKR_USER_TYPE_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, reopen, hsm_unavailable),
    KAITO_ROW(CKR_USER_TOO_MANY_TYPES, fatal, hsm_unsupported),
    KAITO_ROW(CKR_WRAPPED_KEY_INVALID, data_error, integrity),
    KAITO_ROW(CKR_WRAPPED_KEY_LEN_RANGE, data_error, integrity),
    KAITO_ROW(CKR_WRAPPING_KEY_HANDLE_INVALID, reopen, hsm_unavailable),
    KAITO_ROW(CKR_WRAPPING_KEY_SIZE_RANGE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_WRAPPING_KEY_TYPE_INCONSISTENT, fatal, hsm_key_rejected),
    KAITO_ROW(CKR_RANDOM_SEED_NOT_SUPPORTED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_RANDOM_NO_RNG, fatal, hsm_unsupported),
    KAITO_ROW(CKR_DOMAIN_PARAMS_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_CURVE_NOT_SUPPORTED, fatal, hsm_unsupported),
    KAITO_ROW(CKR_BUFFER_TOO_SMALL, reopen, hsm_unavailable),  // leaves its operation active (§5.2)
    KAITO_ROW(CKR_SAVED_STATE_INVALID, fatal, hsm_unsupported),
    KAITO_ROW(CKR_INFORMATION_SENSITIVE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_STATE_UNSAVEABLE, fatal, hsm_unsupported),
    KAITO_ROW(CKR_CRYPTOKI_NOT_INITIALIZED, restart, hsm_unavailable),
    KAITO_ROW(CKR_CRYPTOKI_ALREADY_INITIALIZED, restart, hsm_unavailable),
    KAITO_ROW(CKR_MUTEX_BAD, restart, hsm_unavailable),
    KAITO_ROW(CKR_MUTEX_NOT_LOCKED, restart, hsm_unavailable),
    KAITO_ROW(CKR_NEW_PIN_MODE, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_NEXT_OTP, fatal, hsm_pin_rejected),
    KAITO_ROW(CKR_EXCEEDED_MAX_ITERATIONS, fatal, hsm_unsupported),
    KAITO_ROW(CKR_FIPS_SELF_TEST_FAILED, restart, hsm_unavailable),
    KAITO_ROW(CKR_LIBRARY_LOAD_FAILED, restart, hsm_unavailable),
    KAITO_ROW(CKR_PUBLIC_KEY_INVALID, data_error, integrity),
    KAITO_ROW(CKR_FUNCTION_REJECTED, fatal, hsm_unavailable),
};
#undef KAITO_ROW

}  // namespace

std::span<const ReturnTraits> return_table() noexcept { return kTable; }

ReturnTraits traits_of(CK_RV value) noexcept {
  const auto row = std::ranges::find(kTable, value, &ReturnTraits::value);
  if (row != kTable.end()) return *row;
  const bool vendor = (value & CKR_VENDOR_DEFINED) != 0;
  return {value, vendor ? "vendor-defined" : "unknown", fatal, Code::hsm_unavailable};
}

ReturnTraits traits_of(CK_RV value, Purpose purpose) noexcept {
  ReturnTraits row = traits_of(value);
  const bool vague = value == CKR_GENERAL_ERROR || value == CKR_FUNCTION_FAILED || value == CKR_DATA_INVALID ||
                     value == CKR_DATA_LEN_RANGE;
  if (purpose == Purpose::opens_data && vague) {
    row.kind = data_error;
    row.code = Code::integrity;
  }
  if (purpose == Purpose::general && row.kind == data_error) {
    row.kind = fatal;
    row.code = Code::hsm_unavailable;
  }
  return row;
}

}  // namespace kaito::hsm
