// The open volume's file system at the data directory. Needs root and device-mapper.
#pragma once

#include "luks/volume.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/places.hpp"

namespace kaito::provisioning {

// Is the mapping's file system mounted at the data directory?
bool is_mounted(const Places& places);
// Is the mapping there?
bool is_open(const Places& places);

// ext4, nodev, nosuid, noexec; the root directory belongs to the service's user, 0700. Nothing to do when it is
// mounted.
Status mount_volume(const Places& places);
// Opens the mapping unless it is open, and mounts it.
Status open_and_mount(luks::Volume& volume, const OpenedWay& way, const Places& places);
// Unmounts and closes; nothing to do when neither is. Code::conflict when somebody uses it.
Status close_volume(const Places& places);

}  // namespace kaito::provisioning
