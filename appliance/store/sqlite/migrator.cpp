#include "appliance/store/sqlite/migrator.hpp"

#include <fmt/format.h>

#include "appliance/store/sqlite/transaction.hpp"

namespace kaito::store::sqlite {
namespace {

Result<std::uint32_t> pragma_value(Connection& connection, Sql pragma) {
  KAITO_TRY(const auto value, connection.one(pragma, [](const Statement& statement) {
    Row row(statement, "pragma");
    const auto number = row.number<std::uint32_t>();
    return row.finish(number);
  }));
  if (!value) return fail(Code::integrity, "the database does not answer a PRAGMA");
  return *value;
}

Status run_step(Connection& connection, std::uint32_t application_id, const Migration& step) {
  KAITO_TRY(Transaction transaction, Transaction::begin_immediate(connection));
  KAITO_CHECK(connection.database().execute(step.sql));
  // PRAGMA takes no parameters; both values are integers of the program.
  const auto stamp = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", application_id, step.number);
  KAITO_CHECK(connection.database().execute(stamp.c_str()));
  return transaction.commit();
}

}  // namespace

Status migrate(Connection& connection, std::uint32_t application_id, std::span<const Migration> migrations) {
  KAITO_TRY(const std::uint32_t done, pragma_value(connection, "PRAGMA user_version"));
  KAITO_TRY(const std::uint32_t mark, pragma_value(connection, "PRAGMA application_id"));
  KAITO_TRY(const std::uint32_t tables, pragma_value(connection, "SELECT count(*) FROM sqlite_schema"));
  const bool empty = done == 0 && mark == 0 && tables == 0;
  if (!empty && mark != application_id)
    return fail(Code::configuration, fmt::format("the file is another program's (application_id {:#x})", mark));
  if (done > migrations.size())
    return fail(Code::configuration, fmt::format("the schema is at step {}, newer than this program's {}; install the "
                                                 "version of the product that wrote it, or a later one",
                                                 done, migrations.size()));
  for (const Migration& step : migrations.subspan(done))
    if (auto ran = run_step(connection, application_id, step); !ran)
      return fail(std::move(ran).error().within(step.name));
  return {};
}

}  // namespace kaito::store::sqlite
