// All files of a SoftHSM token directory, in memory, and as one file: docs/formats/token-copy.md.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "appliance/base/bytes.hpp"

namespace kaito::hsm {

// Path below the directory ("uuid/token.object") → content. Lock files are left out: they are empty.
using TokenFiles = std::map<std::string, Bytes>;

// At most 4,096 files and 16 MiB in all, one level of sub-directories.
Result<TokenFiles> read_token_files(const std::filesystem::path& directory);

Bytes serialize_token_files(const TokenFiles& files);
// Code::integrity: cut, altered or not of the format.
Result<TokenFiles> parse_token_files(ByteView text);

// Whether the path names an object file of SoftHSM, whose content read_softhsm_object() can judge.
bool is_object_file(const std::string& path);

}  // namespace kaito::hsm
