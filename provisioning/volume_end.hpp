// What a decommissioning and a factory reset have in common: the volume that nobody opens ever again.
#pragma once

#include "provisioning/places.hpp"
#include "provisioning/transcript/transcript_line.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {

std::filesystem::path decommissioning_file(const Places& places, const VolumeRecord& record);
std::filesystem::path reset_file(const Places& places, const VolumeRecord& record);

// `for_good`: it does not come back at the next boot either. Nothing to do where no systemd runs.
Status stop_service(bool for_good);

// Closes the volume, kills every keyslot, overwrites both copies of the header, and looks whether one is left. May be
// repeated after a power cut. `disk`: what the ceremony noted of the disk, by which it is known when its header cannot
// be read any more; empty when nothing was. Code::conflict when the device is not the volume's; it is left alone then.
Status destroy_volume(const VolumeRecord& record, const Places& places, const Facts& disk);

// The machine is as before its ceremony; the transcripts stay as proof.
Status forget_volume(const VolumeRecord& record, const Places& places);

}  // namespace kaito::provisioning
