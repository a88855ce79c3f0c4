// The Keyring in one SQLite file of its own. Removed blobs are overwritten in the file (secure_delete) and in its
// rollback journal, which is kept at its size and zeroed: neither file holds a removed blob when remove() returns.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "appliance/store/keyring.hpp"

namespace kaito::store::sqlite {

// Opens or creates; the same errors, file modes and migration rules as open_store. `vfs` is for tests that inject
// faults.
Result<std::unique_ptr<Keyring>> open_keyring(const std::filesystem::path& path, const std::string& vfs = {});

}  // namespace kaito::store::sqlite
