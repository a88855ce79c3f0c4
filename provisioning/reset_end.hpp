// What a factory reset destroys, once its proof is complete. May be repeated from any point until it ends.
#pragma once

#include "appliance/base/time.hpp"
#include "provisioning/places.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {

// In this order: kaitod is stopped for good; the volume, as destroy_volume(); the keys in the HSM, where the proof's
// text names them; a record of what was done, beside the proof; the settings that the ceremony wrote; last what makes
// the machine one that was provisioned.
Status end_reset(const Places& places, const VolumeRecord& record, const Clock& clock);

// The record of what was done: a transcript that nobody signs, since the keys are gone.
std::filesystem::path reset_record(const Places& places, const VolumeRecord& record);

}  // namespace kaito::provisioning
