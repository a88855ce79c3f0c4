// A LUKS2 header in a file, and back.
#pragma once

#include "luks/volume.hpp"

namespace kaito::luks {

// To a file that does not exist yet (Code::conflict otherwise), mode 0600, synced. It opens the volume with every way
// that is enrolled now, also with those that are killed later: keep it as carefully as the volume, and make it anew
// after each killed keyslot or rotation.
Status back_up_header(const Volume& volume, const std::filesystem::path& file);

enum class RestoreCheck {
  same_key,     // refuse a header of another volume key when the device's own header can still be read
  whatever_is,  // the device's header is lost for good, and the caller says so
};

// The file passes the same strict inspection first. Code::conflict when it is of another volume or, by the check, of
// another volume key: with that header, data that was written since can never be read. The volume must not be open.
Status restore_header(const std::filesystem::path& device, const std::filesystem::path& file, RestoreCheck check,
                      const InspectionLimits& limits = {});

}  // namespace kaito::luks
