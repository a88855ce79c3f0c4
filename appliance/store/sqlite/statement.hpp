// A prepared statement, its parameters and its run.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/store/sqlite/database.hpp"

struct sqlite3_stmt;

namespace kaito::store::sqlite {

// Movable owner of one sqlite3_stmt. Belongs to a Database, which must outlive it.
class Statement {
 public:
  static Result<Statement> prepare(Database& database, const char* sql);

  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Binds all parameters, ?1 first. Text and bytes are not copied: they must live until reset().
  template <class... Values>
  Status bind(Database& database, const Values&... values) {
    int index = 0;
    int code = 0;
    ((code = code == 0 ? put(++index, values) : code), ...);
    if (code != 0) [[unlikely]]
      return fail(database.error(code));
    return {};
  }

  // True: a row is there to be read. False: done.
  Result<bool> step(Database& database);

  // Ends the run and releases its locks; parameters stay until bound again.
  void reset() noexcept;

  [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_; }

 private:
  explicit Statement(sqlite3_stmt* handle) noexcept : handle_(handle) {}

  int put(int index, std::int64_t value) noexcept;
  int put(int index, std::uint64_t value) noexcept;  // above 2^63 - 1: SQLITE_RANGE
  int put(int index, std::string_view text) noexcept;
  int put(int index, ByteView bytes) noexcept;
  int put_null(int index) noexcept;

  template <std::integral Integer>
  int put(int index, Integer value) noexcept {
    static_assert(sizeof(Integer) < 8, "64-bit integers have overloads of their own");
    return put(index, static_cast<std::int64_t>(value));
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  int put(int index, Enum value) noexcept {
    return put(index, static_cast<std::int64_t>(value));
  }
  int put(int index, const std::string& text) noexcept { return put(index, std::string_view(text)); }
  int put(int index, const Bytes& bytes) noexcept { return put(index, ByteView(bytes)); }
  template <std::size_t N>
  int put(int index, const ByteArray<N>& bytes) noexcept {
    return put(index, ByteView(bytes));
  }
  template <class Tag>
  int put(int index, const Id<Tag>& id) noexcept {
    return put(index, ByteView(id.bytes()));
  }
  int put(int index, TimePoint time) noexcept { return put(index, to_unix_ms(time)); }
  template <class T>
  int put(int index, const std::optional<T>& value) noexcept {
    return value ? put(index, *value) : put_null(index);
  }

  sqlite3_stmt* handle_;
};

}  // namespace kaito::store::sqlite
