#include "appliance/store/sqlite/checkpointer.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace kaito::store::sqlite {

// Our hook takes the place of SQLite's automatic checkpoint.
Checkpointer::Checkpointer(Connection& connection, std::uint32_t pages) noexcept
    : connection_(connection), pages_(std::max(pages, 1U)) {
  const auto hook = [](void* self, sqlite3*, const char*, int logged) {
    auto& checkpointer = *static_cast<Checkpointer*>(self);
    checkpointer.logged_ = static_cast<std::uint32_t>(logged);
    // Fewer pages than were moved: the log started again from its beginning.
    if (checkpointer.logged_ < checkpointer.moved_) checkpointer.moved_ = 0;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_.database().handle(), hook, this);
}

Checkpointer::~Checkpointer() { sqlite3_wal_hook(connection_.database().handle(), nullptr, nullptr); }

bool Checkpointer::due(bool idle) const noexcept { return logged_ - moved_ >= pages_ && (idle || is_long()); }

Status Checkpointer::run() { return checkpoint(is_long() ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE); }

Status Checkpointer::truncate() { return checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

Status Checkpointer::checkpoint(int mode) {
  Database& database = connection_.database();
  int logged = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, mode, &logged, &moved);
  // A reader that stays longer than the wait is no failure: its pages are moved another time.
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    moved_ = logged_;  // no attempt again before as many pages more have come
    return fail(database.error(code).within("checkpoint"));
  }
  logged_ = static_cast<std::uint32_t>(std::max(logged, 0));
  moved_ = static_cast<std::uint32_t>(std::max(moved, 0));
  return {};
}

}  // namespace kaito::store::sqlite
