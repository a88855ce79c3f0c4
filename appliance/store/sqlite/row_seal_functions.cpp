#include "appliance/store/sqlite/row_seal_functions.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <span>

namespace kaito::store::sqlite {
namespace {

using Values = std::span<sqlite3_value* const>;

ByteView bytes_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_value_blob(value));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// Type, length and value of each: no two rows have one spelling. There are no floating-point columns.
Bytes spelling_of(Values fields) {
  Bytes out;
  out.reserve(512);
  append(out, as_bytes("kaito/row/v1"));
  for (sqlite3_value* field : fields) {
    const int type = sqlite3_value_type(field);
    append_u8(out, static_cast<std::uint8_t>(type));
    if (type == SQLITE_INTEGER) {
      append_u64(out, static_cast<std::uint64_t>(sqlite3_value_int64(field)));
    } else if (type != SQLITE_NULL) {
      const ByteView bytes = bytes_of(field);
      append_u32(out, static_cast<std::uint32_t>(bytes.size()));
      append(out, bytes);
    }
  }
  return out;
}

const RowSeal& seal_of(sqlite3_context* context) { return *static_cast<const RowSeal*>(sqlite3_user_data(context)); }

void row_mac(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto mac = seal_of(context).mac(spelling_of(Values(values, static_cast<std::size_t>(count))));
  if (!mac) return sqlite3_result_null(context);
  sqlite3_result_blob(context, mac->data(), static_cast<int>(mac->size()), SQLITE_TRANSIENT);
}

void row_is_authentic(sqlite3_context* context, int count, sqlite3_value** values) {
  const Values all(values, static_cast<std::size_t>(count));
  const auto mac = seal_of(context).mac(spelling_of(all.subspan(1)));
  const ByteView stored = bytes_of(all.front());
  const bool authentic =
      !mac || (stored.size() == mac->size() && sodium_memcmp(stored.data(), mac->data(), mac->size()) == 0);
  sqlite3_result_int(context, authentic ? 1 : 0);
}

}  // namespace

Status add_row_seal_functions(Database& database, const RowSeal& seal) {
  // SQLITE_DIRECTONLY: statements may call them, a schema that somebody has edited may not.
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
  auto* data = const_cast<RowSeal*>(&seal);  // NOLINT(cppcoreguidelines-pro-type-const-cast): SQLite's void*
  for (const auto& [name, function] :
       {std::pair("row_mac", &row_mac), std::pair("row_is_authentic", &row_is_authentic)})
    if (const int code =
            sqlite3_create_function_v2(database.handle(), name, -1, kFlags, data, function, nullptr, nullptr, nullptr);
        code != SQLITE_OK)
      return fail(database.error(code));
  return {};
}

}  // namespace kaito::store::sqlite
