// The appliance's own keys in an external HSM, for its end.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/time.hpp"
#include "provisioning/hsm_token.hpp"

namespace kaito::provisioning {

struct HsmKeyNames {
  std::string token;              // label and serial
  std::vector<std::string> keys;  // "platform KEK 3", …; each kind by version
};

// A worker is started for it: the errors of hsm::Client::start(). `hsm` is not the embedded token.
Result<HsmKeyNames> keys_in_hsm(const HsmPlan& hsm, const Places& places, const Clock& clock);
// Destroys every version of the platform KEK, audit key, backup key and wrapping pair, each of which the HSM is
// searched for again, then asks what it holds. Gives what was destroyed by this call: after a power cut fewer than
// before. The key that wrapped the volume's passphrase stays; what it wrapped is gone with the volume.
Result<std::vector<std::string>> destroy_keys_in_hsm(const HsmPlan& hsm, const Places& places, const Clock& clock);

}  // namespace kaito::provisioning
