// Reads one result row, column by column from the left, and checks every value against what the schema allows: a file
// that was edited or damaged ends in Code::integrity naming table and column, never in a wild value.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "appliance/store/sqlite/statement.hpp"

namespace kaito::store::sqlite {

// Takes the columns in the order of the SELECT. After the first bad value the rest reads as zero and finish() tells.
class Row {
 public:
  Row(const Statement& statement, std::string_view table) noexcept : statement_(statement.handle()), table_(table) {}

  template <std::unsigned_integral T>
  T number(T lowest = 0, T highest = std::numeric_limits<T>::max()) {
    constexpr auto kTop = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const auto top = std::min(static_cast<std::uint64_t>(highest), kTop);
    return static_cast<T>(integer(static_cast<std::int64_t>(lowest), static_cast<std::int64_t>(top)));
  }
  template <std::unsigned_integral T>
  std::optional<T> optional_number(T lowest, T highest) {
    return skip_null() ? std::nullopt : std::optional(number<T>(lowest, highest));
  }
  template <class Enum>
  Enum enumeration(Enum lowest, Enum highest) {
    return static_cast<Enum>(integer(static_cast<std::int64_t>(lowest), static_cast<std::int64_t>(highest)));
  }
  bool boolean() { return integer(0, 1) == 1; }
  // The answer of row_is_authentic(): refuses the row when it is not, by the name of whose it is.
  void authentic(const UuidBytes& whose) {
    if (integer(0, 1) == 0)
      refuse("does not match the row of " + uuid_to_string(whose) + ": it was edited outside the appliance");
  }
  TimePoint time() { return from_unix_ms(integer(kEarliest, kLatest)); }
  std::optional<TimePoint> optional_time() { return skip_null() ? std::nullopt : std::optional(time()); }

  template <std::size_t N>
  ByteArray<N> bytes() {
    ByteArray<N> out{};
    const ByteView view = blob_view(N, N);
    if (view.size() == N) std::copy(view.begin(), view.end(), out.begin());
    return out;
  }
  template <class IdType>
  IdType id() {
    return IdType(bytes<16>());
  }
  template <class IdType>
  std::optional<IdType> optional_id() {
    return skip_null() ? std::nullopt : std::optional(id<IdType>());
  }
  Bytes blob(std::size_t smallest, std::size_t largest);
  ByteView blob_view(std::size_t smallest, std::size_t largest);  // until the next step or reset
  std::string text(std::size_t smallest, std::size_t largest);    // bounds in bytes

  // The value, or what was wrong with the row.
  template <class T>
  Result<T> finish(T value) {
    if (!wrong_.empty()) [[unlikely]]
      return fail(Code::integrity, std::move(wrong_));
    return value;
  }
  void refuse(std::string_view reason);  // the column read last is wrong

 private:
  // 0001-01-01 to 9999-12-31: what RFC 3339 can write.
  static constexpr std::int64_t kEarliest = -62'135'596'800'000;
  static constexpr std::int64_t kLatest = 253'402'300'799'999;

  std::int64_t integer(std::int64_t lowest, std::int64_t highest);
  bool skip_null();  // goes past the column when it is NULL

  sqlite3_stmt* statement_;
  std::string_view table_;
  int column_ = 0;
  std::string wrong_;
};

}  // namespace kaito::store::sqlite
