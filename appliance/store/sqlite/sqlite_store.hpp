// The Store in one SQLite file (docs/formats/database.md): WAL, one writer connection on one thread, the sync of each
// commit on another, a bounded pool of read-only connections, and the writer as the only checkpointer: SQLite up
// to 3.51.2 can lose commits when one connection commits while another checkpoints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "appliance/base/log.hpp"
#include "appliance/base/time.hpp"
#include "appliance/store/row_seal.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

// Bytes that an unprivileged process may still write to the volume that holds `path`. Thread-safe.
using FreeSpace = std::function<Result<std::uint64_t>(const std::filesystem::path& path)>;

// By statvfs(3).
Result<std::uint64_t> free_space_of_volume(const std::filesystem::path& path);

struct StoreOptions {
  // With less than this free on the volume, jobs of JobKind::change are refused with Code::storage_full.
  std::uint64_t reserve_bytes = 64ULL << 20;
  FreeSpace free_space = free_space_of_volume;

  std::uint32_t batch_limit = 1024;   // jobs in one transaction, at least 1
  std::uint32_t queue_limit = 16384;  // waiting jobs; one more is refused with Code::deadline_exceeded

  std::uint32_t reader_limit = 16;  // snapshots that exist at once, at least 1
  Milliseconds reader_wait{5000};   // for a free one; then Code::deadline_exceeded

  // WAL size, in pages of 4096 bytes, from which the writer checkpoints when it is idle. At eight times that it
  // checkpoints between two batches.
  std::uint32_t checkpoint_pages = 1024;

  // Of the rows that say who may do what; gets its key once the store is open. Null: one that never has a key.
  std::shared_ptr<const RowSeal> seal;

  std::string vfs;  // name of a registered SQLite VFS; empty: the system's. For tests that inject faults.
};

// Opens or creates the database; creates its directory (0700) when absent. Every file is 0600. Migrates an older
// schema, one transaction a step. Errors:
//   configuration   another process has it open, the file is another product's, or its schema is newer than this
//   program integrity       the file is damaged (PRAGMA quick_check) storage_full, storage_failed
// The store ends with its last queued job done; every snapshot must have been given back before.
Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path, StoreOptions options, Logger& logger);

}  // namespace kaito::store::sqlite
