// Connections set up as the product needs them. The `seal` of each outlives it.
#pragma once

#include <filesystem>
#include <string>

#include "appliance/store/row_seal.hpp"
#include "appliance/store/sqlite/connection.hpp"

namespace kaito::store::sqlite {

// The one connection that writes: WAL, synchronous=NORMAL (LogSync syncs commits), never a checkpoint by itself. Waits
// a tenth of a second at most for locks and readers. Open it before any reader: it recovers the log that a crash has
// left.
Result<Connection> open_writer_connection(const std::filesystem::path& path, const std::string& vfs,
                                          const RowSeal& seal);

// A connection that can only read, and never checkpoints.
Result<Connection> open_reader_connection(const std::filesystem::path& path, const std::string& vfs,
                                          const RowSeal& seal);

// For the keyring: rollback journal that keeps its size, synchronous=EXTRA.
Result<Connection> open_keyring_connection(const std::filesystem::path& path, const std::string& vfs);

// PRAGMA quick_check of the file's structure: Code::integrity with the first thing that is wrong.
Status check_quickly(Connection& connection);

}  // namespace kaito::store::sqlite
