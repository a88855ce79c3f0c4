// What makes a row that says who may do what tell when somebody has edited it: HMAC-SHA256 over its table's name and
// its columns, under a key that the database does not hold in clear. Rows: docs/formats/database.md.
#pragma once

#include <atomic>
#include <optional>

#include "appliance/base/bytes.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::store {

using RowKey = Secret<struct RowKeyTag>;  // 32 bytes
inline constexpr std::size_t kRowKeyBytes = 32;

// Thread-safe. Until it has its key, rows are written without a MAC and believed without one: so that the database can
// be opened to find the key, and for tests of the store alone.
class RowSeal {
 public:
  RowSeal() = default;
  RowSeal(const RowSeal&) = delete;
  RowSeal& operator=(const RowSeal&) = delete;

  // Once, before the first row that it is to seal is read or written. `key` is kRowKeyBytes long.
  void set_key(RowKey key);
  [[nodiscard]] bool has_key() const noexcept { return ready_.load(std::memory_order_acquire); }
  // The MAC of `fields`, one spelling of a row; none without a key.
  [[nodiscard]] std::optional<ByteArray<32>> mac(ByteView fields) const;

 private:
  std::optional<RowKey> key_;
  std::atomic<bool> ready_{false};
};

}  // namespace kaito::store
