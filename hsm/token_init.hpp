// First set-up of a token, by C_InitToken and C_InitPIN.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/secret.hpp"
#include "hsm/cryptoki.hpp"

namespace kaito::hsm {

// Initialises the first slot without a token of its own. A token with that label that takes the user PIN is left as it
// is; one whose user PIN was never set gets it; one with another PIN is hsm_pin_rejected, after one attempt.
// configuration: the label is not of 1 to 32 bytes, exists twice, or no slot is free.
Status init_token(const std::vector<Cryptoki>& modules, const std::string& label, const Pin& so_pin,
                  const Pin& user_pin);

}  // namespace kaito::hsm
