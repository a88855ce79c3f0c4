// What tells when a row that once was right is put back, or one is removed: for each guarded table the sum, modulo
// 2^256, of a keyed hash of every row (a multiset hash: MSet-Add-Hash, Clarke et al. 2003). Adding and taking away cost
// the same whatever the table's size. How it is kept: docs/formats/database.md.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "appliance/base/bytes.hpp"

namespace kaito::store {

// The numbers are part of what is stored. Those that say who may do what come first, the largest last.
enum class GuardedTable : std::uint8_t {
  staff = 1,
  staff_credential,
  org,
  member,
  api_key,
  session,
  one_time_token,
  group_member,
  group_seed,
  seed,
};
inline constexpr std::size_t kGuardedTableCount = 10;
std::string_view to_string(GuardedTable table) noexcept;
constexpr GuardedTable guarded_table(std::size_t index) noexcept { return static_cast<GuardedTable>(index + 1); }
constexpr std::size_t index_of(GuardedTable table) noexcept { return static_cast<std::size_t>(table) - 1; }

// Big-endian, modulo 2^256.
using SumBytes = ByteArray<32>;
void add(SumBytes& sum, const SumBytes& element) noexcept;
void subtract(SumBytes& sum, const SumBytes& element) noexcept;

struct RowSum {
  SumBytes sum{};
  std::uint64_t rows = 0;
  bool operator==(const RowSum&) const = default;
};
using RowSums = std::array<RowSum, kGuardedTableCount>;  // by index_of()

// The record of the audit log that last bore a digest of the sums: sums that were put back together with their rows are
// older than what the log says.
struct RowAnchor {
  std::uint64_t record = 0;  // its sequence
  ByteArray<32> digest{};    // as the record states it
};

// The sums as the database keeps them, authenticated.
struct KeptRowSums {
  RowSums sums{};
  ByteArray<32> digest{};  // of these sums
  std::optional<RowAnchor> anchor;
};

}  // namespace kaito::store
