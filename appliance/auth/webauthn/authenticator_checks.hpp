// The checks of authenticator data that both ceremonies make alike.
#pragma once

#include "appliance/auth/webauthn/authenticator_data.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

// Steps 14 to 18 of §7.1; 15 to 18 of §7.2. Refusals: Reason::rp_id, up, uv, be_bs.
Status check_authenticator_data(const AuthenticatorData& data, const RelyingParty& rp, const Policy& policy);

}  // namespace kaito::webauthn
