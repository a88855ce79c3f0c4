// An external HSM as its worker is started for it.
#pragma once

#include "hsm/client/client_config.hpp"
#include "provisioning/places.hpp"
#include "provisioning/plan.hpp"

namespace kaito::provisioning {

// Code::configuration when the worker is missing or the environment is wrong. `hsm` is not the embedded token.
Result<hsm::ClientConfig> token_config(const HsmPlan& hsm, const Places& places);

}  // namespace kaito::provisioning
