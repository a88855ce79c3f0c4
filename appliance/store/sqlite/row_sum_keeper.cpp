#include "appliance/store/sqlite/row_sum_keeper.hpp"

#include <sqlite3.h>

#include <span>

#include "appliance/store/sqlite/row_seal_functions.hpp"

namespace kaito::store::sqlite {
namespace {

constexpr std::size_t kMostColumns = 4;  // of an element

std::unexpected<Error> none_kept() { return fail(Code::integrity, "no sums of the guarded tables are kept"); }

std::optional<std::size_t> index_of_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kGuardedTableCount; ++i)
    if (to_string(guarded_table(i)) == name) return i;
  return std::nullopt;
}

using Column = int(sqlite3*, int, sqlite3_value**);

// What an element is the hash of; none when SQLite could not read the row.
std::optional<Bytes> message_of(sqlite3* database, Column* read, std::size_t table, const std::vector<int>& columns) {
  std::array<sqlite3_value*, kMostColumns> values{};
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (read(database, columns[i], &values.at(i)) != SQLITE_OK || values.at(i) == nullptr) return std::nullopt;
  return element_message(to_string(guarded_table(table)), std::span(values).first(columns.size()));
}

}  // namespace

struct RowSumKeeper::Hook {
  static void call(void* keeper, sqlite3* database, int operation, const char* schema, const char* table, sqlite3_int64,
                   sqlite3_int64) {
    const auto index = index_of_name(table);
    if (!index || std::string_view(schema) != "main") return;
    auto& self = *static_cast<RowSumKeeper*>(keeper);
    if (self.present_.kept && !change(self, database, operation, *index)) self.lost_ = true;
  }

  static bool change(RowSumKeeper& self, sqlite3* database, int operation, std::size_t index) {
    const auto& columns = self.tables_.at(index).columns;
    std::optional<Bytes> former;
    std::optional<Bytes> fresh;
    if (operation != SQLITE_INSERT) {
      former = message_of(database, &sqlite3_preupdate_old, index, columns);
      if (!former) return false;
    }
    if (operation != SQLITE_DELETE) {
      fresh = message_of(database, &sqlite3_preupdate_new, index, columns);
      if (!fresh) return false;
    }
    if (former == fresh) return true;
    self.settle();
    if (const auto statement = self.connection_.database().statement(); statement != self.statement_) {
      self.before_statement_ = self.present_;
      self.statement_ = statement;
    }
    RowSum& sum = self.present_.sums.at(index);
    if (former) {
      subtract(sum.sum, *self.seal_.mac(*former));
      --sum.rows;
    }
    if (fresh) {
      add(sum.sum, *self.seal_.mac(*fresh));
      ++sum.rows;
    }
    self.touched_ = true;
    return true;
  }
};

RowSumKeeper::~RowSumKeeper() {
  if (ready_) set_hook(false);
}

void RowSumKeeper::set_hook(bool on) noexcept {
  if (ready_) sqlite3_preupdate_hook(connection_.database().handle(), on ? &Hook::call : nullptr, this);
}

Status RowSumKeeper::prepare() {
  if (ready_ || !seal_.has_key()) [[likely]]
    return {};
  if (sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK") == 0)
    return fail(Code::configuration, "SQLite was built without its pre-update hook");
  for (std::size_t i = 0; i < kGuardedTableCount; ++i) {
    KAITO_TRY(tables_.at(i).columns, find_columns(guarded_table(i)));
  }
  const auto kept = find_row_sums(connection_);
  if (!kept && kept.error().code != Code::integrity) return fail(kept.error());
  if (kept && *kept) present_ = {.sums = (*kept)->sums, .anchor = (*kept)->anchor, .kept = true};
  committed_ = present_;
  ready_ = true;
  set_hook(true);
  return {};
}

Result<std::vector<int>> RowSumKeeper::find_columns(GuardedTable table) {
  const auto read = [](const Statement& statement) {
    Row row(statement, "table_info");
    return row.finish(static_cast<int>(row.number<std::uint32_t>(0, 1000)));
  };
  std::vector<int> columns;
  for (const std::string_view name : element_columns(table)) {
    KAITO_TRY(const auto place,
              connection_.one("SELECT cid FROM pragma_table_info(?1) WHERE name = ?2", read, to_string(table), name));
    if (!place || columns.size() == kMostColumns) return fail(Code::internal, "not a column of a guarded table");
    columns.push_back(*place);
  }
  return columns;
}

void RowSumKeeper::settle() noexcept {
  if (statement_ == 0 || connection_.database().failed_statement() != statement_) return;
  present_ = before_statement_;
  statement_ = 0;
}

RowSumKeeper::State RowSumKeeper::savepoint() {
  settle();
  return present_;
}

void RowSumKeeper::roll_back_to(const State& state) noexcept {
  present_ = state;
  statement_ = 0;
}

void RowSumKeeper::rolled_back() noexcept {
  present_ = committed_;
  statement_ = 0;
  touched_ = false;
  lost_ = false;
}

Status RowSumKeeper::flush() {
  if (lost_) return fail(Code::storage_failed, "SQLite did not show a row that it changed");
  if (!touched_) [[likely]]
    return {};
  settle();
  touched_ = false;
  if (!present_.kept) return {};  // what had begun them was undone
  return put_row_sums(connection_, present_.sums, present_.anchor);
}

Status RowSumKeeper::begin_anew() {
  if (!ready_) return fail(Code::internal, "the sums of the guarded tables need a key");
  State anew{.kept = true};
  for (std::size_t i = 0; i < kGuardedTableCount; ++i) {
    KAITO_TRY(anew.sums.at(i), compute_row_sum(connection_, guarded_table(i), {}));
  }
  present_ = anew;
  statement_ = 0;
  touched_ = true;
  return {};
}

Status RowSumKeeper::anchor(const RowAnchor& anchor) {
  settle();
  if (!present_.kept) return none_kept();
  present_.anchor = anchor;
  statement_ = 0;
  touched_ = true;
  return {};
}

Result<ByteArray<32>> RowSumKeeper::digest() {
  settle();
  if (!present_.kept) return none_kept();
  return digest_of(connection_, present_.sums);
}

}  // namespace kaito::store::sqlite
