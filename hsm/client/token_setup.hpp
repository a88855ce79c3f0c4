// First set-up of a token: runs `kaito-hsm-worker --init-token` and waits for it.
#pragma once

#include <filesystem>
#include <string>

#include "appliance/base/result.hpp"
#include "hsm/client/client_config.hpp"

namespace kaito::hsm {

struct TokenSetup {
  std::string label;                    // 1 to 32 bytes of UTF-8
  std::filesystem::path so_pin_file;    // 0600; one line, 4 to 255 bytes; written by the caller
  std::filesystem::path user_pin_file;  // the same
};

// Initialises a token with the label and its user PIN. A token with that label that takes the user PIN already is left
// as it is, so an interrupted set-up can be run again. Uses worker, module, token_directory, environment and
// start_deadline of `config`. Blocks. Code::hsm_pin_rejected when the label exists with another PIN.
Status set_up_token(const ClientConfig& config, const TokenSetup& setup);

}  // namespace kaito::hsm
