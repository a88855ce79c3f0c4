// Enrols ways that need nobody, in place of those of the same kind that are there, and tests them.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "luks/volume.hpp"
#include "provisioning/places.hpp"
#include "provisioning/plan.hpp"
#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

// The errors of luks::Tpm2. Gives what came of it.
Result<Facts> enrol_tpm(luks::Volume& volume, const luks::VolumeKey& key, const std::vector<unsigned>& pcrs,
                        const std::string& tcti, Random& random);

// The errors of TokenKey and luks::make_hsm_way.
Result<Facts> enrol_hsm(luks::Volume& volume, const luks::VolumeKey& key, const HsmPlan& hsm, const Places& places,
                        const Clock& clock, Random& random);

}  // namespace kaito::provisioning
