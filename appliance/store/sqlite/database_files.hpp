// The files behind a database: who may read them, and that one process owns them.
#pragma once

#include <filesystem>

#include "appliance/base/result.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::store::sqlite {

// Makes the directory (0700) and the database file (0600, empty when new), takes the lock file "PATH.lock", and sets
// SQLite's companions that a crash may have left to 0600. SQLite gives new companions the mode of the database file,
// whatever the umask. The lock lasts as long as the descriptor that is returned.
// Code::configuration when another process holds the lock.
Result<UniqueFd> claim_database_files(const std::filesystem::path& path);

}  // namespace kaito::store::sqlite
