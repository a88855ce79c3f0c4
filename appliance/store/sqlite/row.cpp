#include "appliance/store/sqlite/row.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace kaito::store::sqlite {

void Row::refuse(std::string_view reason) {
  if (!wrong_.empty()) return;
  const char* name = sqlite3_column_name(statement_, column_ - 1);
  wrong_ = fmt::format("{}.{} {}", table_, name ? name : "?", reason);
}

std::int64_t Row::integer(std::int64_t lowest, std::int64_t highest) {
  const int column = column_++;
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER) return refuse("is not an integer"), lowest;
  const std::int64_t value = sqlite3_column_int64(statement_, column);
  if (value >= lowest && value <= highest) [[likely]]
    return value;
  refuse(fmt::format("is {}, not between {} and {}", value, lowest, highest));
  return lowest;
}

ByteView Row::blob_view(std::size_t smallest, std::size_t largest) {
  const int column = column_++;
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) return refuse("is not bytes"), ByteView{};
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (size >= smallest && size <= largest) [[likely]]
    return {data, size};
  refuse(fmt::format("has {} bytes, not {} to {}", size, smallest, largest));
  return {};
}

Bytes Row::blob(std::size_t smallest, std::size_t largest) {
  const ByteView view = blob_view(smallest, largest);
  return {view.begin(), view.end()};
}

std::string Row::text(std::size_t smallest, std::size_t largest) {
  const int column = column_++;
  if (sqlite3_column_type(statement_, column) != SQLITE_TEXT) return refuse("is not text"), std::string{};
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (size >= smallest && size <= largest) [[likely]]
    return {data, size};
  refuse(fmt::format("has {} bytes, not {} to {}", size, smallest, largest));
  return {};
}

bool Row::skip_null() {
  if (sqlite3_column_type(statement_, column_) != SQLITE_NULL) return false;
  ++column_;
  return true;
}

}  // namespace kaito::store::sqlite
