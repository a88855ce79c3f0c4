// Changes whether the machine unlocks itself at boot or waits for people.
#pragma once

#include "provisioning/unlocking.hpp"

namespace kaito::provisioning {

// `attended` takes the TPM's and the HSM's keyslots away, after people have shown that they can open the volume without
// them; `unattended` enrols them again, as the plan of the ceremony says. May be repeated after a power cut. Gives what
// was done, for people. Code::not_found when the machine has neither a TPM nor an HSM that unlocks.
Result<std::string> switch_mode(UnlockMode mode, const Places& places, UnlockRequest request, const Clock& clock,
                                Random& random, cli::Terminal& terminal);

}  // namespace kaito::provisioning
