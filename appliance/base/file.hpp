// Whole files, written so that a power cut leaves the old content or the new, never a mixture.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "appliance/base/bytes.hpp"

namespace kaito {

// Temporary file in the same directory, fsync, rename, fsync of the directory. Mode 0600 unless told otherwise.
Status write_file_atomically(const std::filesystem::path& path, ByteView content, mode_t mode = 0600);
// Refuses files over `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);
// Creates the directory (mode 0700) and its parents; an existing one is set to 0700.
Status make_private_directory(const std::filesystem::path& path);
Status sync_directory(const std::filesystem::path& path);

}  // namespace kaito
