// Whole files, written so that a power cut leaves the old content or the new, never a mixture.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "appliance/base/bytes.hpp"

namespace kaito {

// Temporary file in the same directory, fsync, rename, fsync of the directory. Mode 0600 unless told otherwise.
Status write_file_atomically(const std::filesystem::path& path, ByteView content, mode_t mode = 0600);
// All that the descriptor gives, which may be a secret: no copy is left behind but the result, which the caller wipes.
// Code::payload_too_large over `limit` bytes.
Result<std::string> read_to_end(int fd, std::size_t limit);
// The same of a file.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);
// Creates the directory (mode 0700) and its parents; an existing one is set to 0700.
Status make_private_directory(const std::filesystem::path& path);
Status sync_directory(const std::filesystem::path& path);

}  // namespace kaito
