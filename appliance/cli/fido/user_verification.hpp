// How the user proves to the key who they are: by its own reader, by its PIN, or not at all.
#pragma once

#include <fido.h>

#include <functional>
#include <string_view>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"
#include "appliance/cli/fido/fido_key.hpp"

namespace kaito::fido_client {

// Runs one ceremony: proves the user as `uv` wants and the key can, prompts for the touch, and puts libfido2's status
// into words; a wrong PIN with the tries that are left. `ceremony` is called with FIDO_OPT_TRUE (the key verifies by
// itself) and no PIN, or with FIDO_OPT_OMIT and the PIN (null when there is none); a second time, with the PIN, when
// the key's own reader is locked. It returns libfido2's status.
using Ceremony = std::function<int(fido_opt_t uv, const char* pin)>;
Status run_ceremony(fido_dev_t* device, webauthn::UserVerification uv, const Prompts& prompts, std::string_view doing,
                    const Ceremony& ceremony);

}  // namespace kaito::fido_client
