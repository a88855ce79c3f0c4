// The daemon's HSM: its configuration and its keys.
#pragma once

#include "appliance/base/task.hpp"
#include "appliance/daemon/config.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "hsm/client/client.hpp"

namespace kaito::daemon {

// The worker's configuration. Writes SoftHSM's for the embedded token.
Result<hsm::ClientConfig> hsm_config(const Config& config, const DataDirectory& data);

// The same for work that no caller waits for: an HSM may take half a minute to make one RSA key.
hsm::ClientConfig patient(hsm::ClientConfig hsm);

// The embedded token with random PINs in files; an external token is left as it is. May be run again.
Status set_up_embedded_token(const Config& config, const DataDirectory& data, const hsm::ClientConfig& hsm);

struct HsmKeys {
  KeyVersion platform_version = 0;        // newest
  std::vector<hsm::AuditKey> audit_keys;  // oldest first
  std::vector<KeyVersion> platform_versions;
  std::vector<KeyVersion> backup_versions;
  std::vector<KeyVersion> wrapping_versions;
};

// What the token holds. `make_missing`: creates version 1 of what is not there (set-up only); otherwise a missing key
// is Code::configuration. A backup key is always made when there is none: nothing can depend on one that is lost.
Task<Result<HsmKeys>> find_keys(hsm::Client& hsm, bool make_missing);

}  // namespace kaito::daemon
