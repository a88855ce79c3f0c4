// Both WebAuthn ceremonies of staff, with a USB security key.
#pragma once

#include "appliance/auth/webauthn/ceremony.hpp"
#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/cli/context.hpp"

namespace kaito::cli {

struct EnrolOptions {
  std::string token_file;  // path, "-", or empty to be asked
  std::string name;        // of the first security officer; empty for everybody else
  std::string label;       // of the key, for people
  std::string device;      // path; empty: the only key that is plugged in
};
// Enrols a key with the set-up token or an enrolment token.
Status enrol_staff_key(Context& context, const EnrolOptions& options);

struct StaffLoginOptions {
  std::string device;
};
// Logs in and keeps the session in the profile.
Status log_in_staff(Context& context, const StaffLoginOptions& options);

// An assertion of the key, as a page of `origin` would ask for it.
Result<webauthn::AssertionResponse> sign_with_key(Context& context, const std::string& device,
                                                  const webauthn::RequestOptions& request, const std::string& origin);

}  // namespace kaito::cli
