#include "appliance/store/sqlite/row_seal_functions.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <span>

namespace kaito::store::sqlite {
namespace {

using Values = std::span<sqlite3_value* const>;

// Neither begins as the other does.
constexpr std::string_view kRow = "kaito/row/v1";
constexpr std::string_view kPrf = "kaito/row-prf/v1";

ByteView bytes_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_value_blob(value));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// Type, length and value: no two rows have one spelling. There are no floating-point columns.
void append_value(Bytes& out, sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  append_u8(out, static_cast<std::uint8_t>(type));
  if (type == SQLITE_INTEGER) {
    append_u64(out, static_cast<std::uint64_t>(sqlite3_value_int64(value)));
  } else if (type != SQLITE_NULL) {
    const ByteView bytes = bytes_of(value);
    append_u32(out, static_cast<std::uint32_t>(bytes.size()));
    append(out, bytes);
  }
}

// As a text value.
void append_text(Bytes& out, std::string_view text) {
  append_u8(out, SQLITE_TEXT);
  append_u32(out, static_cast<std::uint32_t>(text.size()));
  append(out, as_bytes(text));
}

Bytes spelling_of(std::string_view purpose, Values fields) {
  Bytes out;
  out.reserve(512);
  append(out, as_bytes(purpose));
  for (sqlite3_value* field : fields) append_value(out, field);
  return out;
}

const RowSeal& seal_of(sqlite3_context* context) { return *static_cast<const RowSeal*>(sqlite3_user_data(context)); }

void row_mac(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto mac = seal_of(context).mac(spelling_of(kRow, Values(values, static_cast<std::size_t>(count))));
  if (!mac) return sqlite3_result_null(context);
  sqlite3_result_blob(context, mac->data(), static_cast<int>(mac->size()), SQLITE_TRANSIENT);
}

void row_is_authentic(sqlite3_context* context, int count, sqlite3_value** values) {
  const Values all(values, static_cast<std::size_t>(count));
  const auto mac = seal_of(context).mac(spelling_of(kRow, all.subspan(1)));
  const ByteView stored = bytes_of(all.front());
  const bool authentic =
      !mac || (stored.size() == mac->size() && sodium_memcmp(stored.data(), mac->data(), mac->size()) == 0);
  sqlite3_result_int(context, authentic ? 1 : 0);
}

void row_prf(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto hash = seal_of(context).mac(spelling_of(kPrf, Values(values, static_cast<std::size_t>(count))));
  if (!hash) return sqlite3_result_null(context);
  sqlite3_result_blob(context, hash->data(), static_cast<int>(hash->size()), SQLITE_TRANSIENT);
}

// SQLITE_DIRECTONLY: statements may call them, a schema that somebody has edited may not.
constexpr int kFlags = SQLITE_UTF8 | SQLITE_DIRECTONLY;

}  // namespace

Status add_row_seal_functions(Database& database, const RowSeal& seal) {
  auto* data = const_cast<RowSeal*>(&seal);  // NOLINT(cppcoreguidelines-pro-type-const-cast): SQLite's void*
  for (const auto& [name, function] : {std::pair("row_mac", &row_mac), std::pair("row_is_authentic", &row_is_authentic),
                                       std::pair("row_prf", &row_prf)})
    if (const int code =
            sqlite3_create_function_v2(database.handle(), name, -1, kFlags, data, function, nullptr, nullptr, nullptr);
        code != SQLITE_OK)
      return fail(database.error(code));
  return {};
}

Bytes element_message(std::string_view table, std::span<sqlite3_value* const> columns) {
  Bytes out;
  out.reserve(256);
  append(out, as_bytes(kPrf));
  append_text(out, "row");
  append_text(out, table);
  for (sqlite3_value* column : columns) append_value(out, column);
  return out;
}

}  // namespace kaito::store::sqlite
