// What a CK_RV means for us, said once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "appliance/base/error.hpp"
#include "hsm/pkcs11.hpp"

namespace kaito::hsm {

enum class ReturnClass : std::uint8_t {
  ok,
  retry,       // nothing has changed; the same call may work
  relogin,     // the session lives, the login does not
  reopen,      // session or handles are gone, or not to be trusted: new session, keys found again
  restart,     // the module is of no use in this process any more
  data_error,  // the data did not authenticate; nothing is wrong with the token
  fatal,       // the call cannot work; whether the token still does is for the canary to say
};

struct ReturnTraits {
  CK_RV value;
  std::string_view name;
  ReturnClass kind;
  Code code;  // what a caller gets when it is the end
};

// Total: a value that is not in the table is fatal and hsm_unavailable.
ReturnTraits traits_of(CK_RV value) noexcept;
std::span<const ReturnTraits> return_table() noexcept;

// What a call was for; decides what the token's vaguest answers mean.
enum class Purpose : std::uint8_t {
  general,     // makes, finds or administers: there is no data that could be bad, so a complaint about it is a failure
  opens_data,  // decrypts or unwraps what came from outside: a general error is a bad tag (SoftHSM 2.6.1 says
               // CKR_GENERAL_ERROR for one)
  verifies,    // a signature
};
ReturnTraits traits_of(CK_RV value, Purpose purpose) noexcept;

}  // namespace kaito::hsm
