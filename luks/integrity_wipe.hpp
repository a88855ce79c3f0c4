// dm-integrity's tags of a device that was just formatted.
#pragma once

#include "luks/crypt_device.hpp"

namespace kaito::luks {

// Writes zeros over the whole volume, so that every sector has a tag that matches: without, the first read of a sector
// that nobody wrote fails. Takes as long as writing the device does.
Status write_integrity_tags(const CryptDevice& crypt, const VolumeKey& key);

}  // namespace kaito::luks
