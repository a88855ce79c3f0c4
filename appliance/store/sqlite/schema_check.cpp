#include "appliance/store/sqlite/schema_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace kaito::store::sqlite {
namespace {

constexpr std::size_t kName = 256;
constexpr std::size_t kText = 1U << 20U;

struct Object {
  std::string type;
  std::string name;
  std::string table;
  std::string text;  // empty for the indexes that SQLite makes for a key
  auto operator<=>(const Object&) const = default;
};

Result<Object> read_object(const Statement& statement) {
  Row row(statement, "sqlite_schema");
  Object object{
      .type = row.text(1, kName), .name = row.text(1, kName), .table = row.text(1, kName), .text = row.text(0, kText)};
  return row.finish(std::move(object));
}

Result<std::vector<Object>> objects_of(Connection& connection) {
  return connection.all(
      "SELECT type, name, tbl_name, coalesce(sql, '') AS sql FROM main.sqlite_schema ORDER BY type, name, tbl_name, 4",
      read_object);
}

}  // namespace

Status check_schema(Connection& connection, std::span<const Migration> migrations) {
  KAITO_TRY(Database memory, Database::open(":memory:", Access::read_write, {}));
  Connection model(std::move(memory));
  for (const Migration& step : migrations) KAITO_CHECK(model.database().execute(step.sql));
  KAITO_TRY(auto expected, objects_of(model));
  KAITO_TRY(auto found, objects_of(connection));
  std::ranges::sort(expected);
  std::ranges::sort(found);
  const auto [should, is] = std::ranges::mismatch(expected, found);
  if (should == expected.end() && is == found.end()) return {};
  const Object& named = is == found.end() || (should != expected.end() && *should < *is) ? *should : *is;
  return fail(Code::integrity,
              fmt::format("the schema was edited outside the appliance, at {} {}", named.type, named.name));
}

}  // namespace kaito::store::sqlite
