// Edits the metadata of a LUKS2 header on a device or file, with the checksums right again: what somebody with the disk
// in hand can do.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "appliance/base/result.hpp"

namespace kaito::test {

// The metadata in force.
Result<boost::json::object> read_metadata(const std::filesystem::path& device);

// Puts `json` into both copies, as it is. It fits the JSON area.
Status write_metadata(const std::filesystem::path& device, const std::string& json);

// Breaks the checksum of a copy (0 or 1), as a power cut in the middle of its write does.
Status damage_copy(const std::filesystem::path& device, int copy);

}  // namespace kaito::test
