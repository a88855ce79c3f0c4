// A bounded pool of reading connections. A snapshot borrows one and holds a read transaction on it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "appliance/base/time.hpp"
#include "appliance/store/row_seal.hpp"
#include "appliance/store/sqlite/connection.hpp"
#include "appliance/store/store.hpp"

namespace kaito::store::sqlite {

// Thread-safe. Every snapshot must have been given back before the pool ends.
class ReaderPool {
 public:
  // `seal` outlives the pool.
  ReaderPool(std::filesystem::path path, std::string vfs, const RowSeal& seal, std::uint32_t limit, Milliseconds wait);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();

  // Connections are opened as they are first needed. Code::deadline_exceeded when none came free in time.
  Result<std::unique_ptr<Reader>> snapshot();

 private:
  class Snapshot;

  Result<std::unique_ptr<Connection>> borrow();
  // Null: the connection is lost, another may be opened in its place.
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  const std::filesystem::path path_;
  const std::string vfs_;
  const RowSeal& seal_;
  const std::uint32_t limit_;
  const Milliseconds wait_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // the last given back is taken first: its memory is warm
  std::uint32_t borrowed_ = 0;
};

}  // namespace kaito::store::sqlite
