// A Database with its prepared statements: each SQL text is compiled once per connection and found again by its
// address.
#pragma once

#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "appliance/store/sqlite/row.hpp"
#include "appliance/store/sqlite/statement.hpp"

namespace kaito::store::sqlite {

// SQL that is known when the program is compiled. There is no other way to hand SQL to a Connection's statements, so
// no value can ever be pasted into it.
class Sql {
 public:
  consteval Sql(const char* text) noexcept : text_(text) {}  // NOLINT(google-explicit-constructor): reads as the text
  [[nodiscard]] const char* text() const noexcept { return text_; }

 private:
  const char* text_;
};

// Used by one thread at a time.
class Connection {
 public:
  explicit Connection(Database database) noexcept : database_(std::move(database)) {}

  [[nodiscard]] Database& database() noexcept { return database_; }

  // Runs a statement to its end; result rows are passed over.
  template <class... Values>
  Status run(Sql sql, const Values&... values) {
    database_.begin_statement();
    KAITO_TRY(Statement * statement, prepared(sql));
    const Run run{*statement};
    KAITO_CHECK(statement->bind(database_, values...));
    for (;;) {
      KAITO_TRY(const bool more, statement->step(database_));
      if (!more) return {};
    }
  }

  // Runs a change of one row: Code::not_found when there was none.
  template <class... Values>
  Status change_one(Sql sql, const Values&... values) {
    KAITO_CHECK(run(sql, values...));
    if (database_.changes() == 0) return fail(Code::not_found, "no such row");
    return {};
  }

  // The first row, through `read`: Result<T>(const Statement&). Ends the run there, so not for statements that write.
  template <class Read, class... Values>
  auto one(Sql sql, Read read, const Values&... values)
      -> Result<std::optional<typename std::invoke_result_t<Read, const Statement&>::value_type>> {
    database_.begin_statement();
    KAITO_TRY(Statement * statement, prepared(sql));
    const Run run{*statement};
    KAITO_CHECK(statement->bind(database_, values...));
    KAITO_TRY(const bool found, statement->step(database_));
    if (!found) return std::nullopt;
    KAITO_TRY(auto row, read(std::as_const(*statement)));
    return std::optional(std::move(row));
  }

  // All rows. Bounded by the statement's LIMIT or by the nature of its table.
  template <class Read, class... Values>
  auto all(Sql sql, Read read, const Values&... values)
      -> Result<std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type>> {
    std::vector<typename std::invoke_result_t<Read, const Statement&>::value_type> rows;
    database_.begin_statement();
    KAITO_TRY(Statement * statement, prepared(sql));
    const Run run{*statement};
    KAITO_CHECK(statement->bind(database_, values...));
    for (;;) {
      KAITO_TRY(const bool more, statement->step(database_));
      if (!more) return rows;
      KAITO_TRY(auto row, read(std::as_const(*statement)));
      rows.push_back(std::move(row));
    }
  }

 private:
  struct Run {
    Statement& statement;
    ~Run() { statement.reset(); }
  };

  Result<Statement*> prepared(Sql sql) {
    if (const auto found = statements_.find(sql.text()); found != statements_.end()) [[likely]]
      return &found->second;
    KAITO_TRY(Statement statement, Statement::prepare(database_, sql.text()));
    return &statements_.emplace(sql.text(), std::move(statement)).first->second;
  }

  Database database_;
  std::unordered_map<const char*, Statement> statements_;  // after database_: finalised before it closes
};

}  // namespace kaito::store::sqlite
