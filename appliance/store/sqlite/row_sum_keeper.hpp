// Keeps the sums of the guarded tables in step with every change of the writer. SQLite shows each row that it inserts,
// updates or deletes, cascades included, to its pre-update hook; the sums are in memory and go back with a failed
// statement, a savepoint or a lost transaction. A transaction that changed a guarded row writes them to row_guard
// before its commit. A trigger would do the same, but gives each insert a statement journal that grows with an import.
#pragma once

#include <array>
#include <vector>

#include "appliance/store/row_seal.hpp"
#include "appliance/store/sqlite/row_sum_rows.hpp"

namespace kaito::store::sqlite {

// The writer thread's own. Until the seal has its key nothing is kept.
class RowSumKeeper {
 public:
  // Opaque to others.
  struct State {
    RowSums sums{};
    std::optional<RowAnchor> anchor;
    bool kept = false;  // false: there are no sums, or none that could be believed
  };

  // Both outlive it.
  RowSumKeeper(Connection& connection, const RowSeal& seal) noexcept : connection_(connection), seal_(seal) {}
  ~RowSumKeeper();
  RowSumKeeper(const RowSumKeeper&) = delete;
  RowSumKeeper& operator=(const RowSumKeeper&) = delete;

  // Before each transaction. Once there is a key: sets the hook and takes over what row_guard holds. Sums that are
  // missing or not authentic are not kept on; whoever verifies the rows says so. Code::configuration when SQLite was
  // built without the hook.
  Status prepare();
  // Around each savepoint.
  State savepoint();
  void roll_back_to(const State& state) noexcept;
  // Last in each transaction, and what became of it.
  Status flush();
  void committed() noexcept { committed_ = present_; }
  void rolled_back() noexcept;

  // While it lives, rows are changed only in columns that no element depends on: they are not looked at.
  class Pause {
   public:
    explicit Pause(RowSumKeeper& keeper) : keeper_(keeper) { keeper_.set_hook(false); }
    ~Pause() { keeper_.set_hook(true); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    RowSumKeeper& keeper_;
  };

  // Inside a transaction: takes the sums from the rows as they are now, whatever was kept. Reads every row.
  Status begin_anew();
  // Code::integrity when no sums are kept, for both.
  Status anchor(const RowAnchor& anchor);
  Result<ByteArray<32>> digest();

 private:
  struct Hook;
  struct Guarded {
    std::vector<int> columns;  // of an element, by their place in the table
  };

  Result<std::vector<int>> find_columns(GuardedTable table);
  void set_hook(bool on) noexcept;
  // The sums as they were before the last statement, when it failed: SQLite has undone it.
  void settle() noexcept;

  Connection& connection_;
  const RowSeal& seal_;
  std::array<Guarded, kGuardedTableCount> tables_{};
  bool ready_ = false;  // the hook is set, and what row_guard held has been taken over
  State present_;
  State committed_;
  bool touched_ = false;  // present_ is not what row_guard holds
  // The statement that changed a guarded row last, by the database's count, and the sums before it.
  std::uint64_t statement_ = 0;
  State before_statement_;
  bool lost_ = false;  // a row could not be read by the hook: the transaction must not commit
};

}  // namespace kaito::store::sqlite
