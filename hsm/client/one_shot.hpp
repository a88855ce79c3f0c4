// Runs of the worker that do one thing and end.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "hsm/client/client_config.hpp"
#include "hsm/protocol/token_report.hpp"

namespace kaito::hsm {

// Starts the worker with `arguments`, to which module and token directory of `config` are added, and waits for its
// word. The bytes that came with it, or the worker's error; hsm_unavailable after `limit`, or when it died. Blocks.
Result<Bytes> run_worker_once(const ClientConfig& config, std::vector<std::string> arguments, Milliseconds limit);

// AES-256-GCM of DEKs in the token, per second on one thread.
struct RawTokenSpeed {
  double decrypts = 0;  // C_DecryptInit + C_Decrypt
  double recrypts = 0;  // the same, then C_EncryptInit + C_Encrypt under another key
};
// Measured in a worker, each for `duration`. No client may be running on the same token. Blocks.
Result<RawTokenSpeed> measure_raw_speed(const ClientConfig& config, Milliseconds duration);

// What the worker finds when it examines the token of `config`; `duration` is spent on each of two speeds. Leaves
// nothing in the token. The token's errors, as Client::start() has them. Blocks.
Result<TokenReport> examine_token(const ClientConfig& config, Milliseconds duration);

}  // namespace kaito::hsm
