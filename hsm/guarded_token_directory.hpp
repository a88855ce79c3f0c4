// Keeps a SoftHSM token through what SoftHSM does to it. SoftHSM 2.6.1 truncates and rewrites token.object at every
// C_Login, without fsync or rename: a kill or a full disk at that moment loses the token (F1, F2). Two processes that
// share a token make each other's logins fail (F3).
//
// So one process owns the directory by a lock, a verified copy of all its files stands beside it in one file, and what
// is damaged is restored from the copy before the module looks at it. Not thread-safe.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/unique_fd.hpp"
#include "hsm/token_files.hpp"

namespace kaito::hsm {

class GuardedTokenDirectory {
 public:
  // Takes the lock (`directory`.lock), waiting a short time for an owner that is just dying, then mends the directory.
  // configuration: another process owns it. storage_full, storage_failed: it is damaged and cannot be mended.
  static Result<GuardedTokenDirectory> take(const std::filesystem::path& directory, Logger& logger);

  // Before keys are destroyed: makes a good copy, and lets at most `most` key files vanish from now on instead of
  // restoring them. What vanished stays away for the life of this object; a new one finds it in the copy until a
  // commit() has rewritten that, so a destruction that was cut short is undone at the next start and must be repeated.
  Status expect_removal(std::size_t most);
  // Ends it: a commit(), and how many files vanished since.
  Result<std::size_t> commit_removal();

  // Makes what the directory holds now durable, and the copy equal to it. Call after each login and each change of
  // token objects. Files that are found damaged are mended from the old copy first; one that cannot be mended is an
  // error, and the copy stays as it was.
  Status commit();

 private:
  GuardedTokenDirectory(std::filesystem::path directory, UniqueFd lock, Logger& logger)
      : directory_(std::move(directory)), lock_(std::move(lock)), logger_(&logger) {}
  [[nodiscard]] std::filesystem::path copy_path() const { return directory_.string() + ".copy"; }
  Status drop_leftovers() const;
  Result<TokenFiles> read_copy() const;
  Status mend(const TokenFiles& copy);
  void note_removals(const TokenFiles& copy, const TokenFiles& live);
  Status restore(const std::string& path, const Bytes& content, const Error& damage);
  Status set_aside(const std::string& path, const Error& damage);
  Status sync_files(const TokenFiles& files) const;

  std::filesystem::path directory_;
  UniqueFd lock_;
  Logger* logger_;
  std::set<std::string> removed_;  // files that the copy may still have, and that must not come back
  std::size_t may_vanish_ = 0;
  std::size_t vanished_ = 0;
};

}  // namespace kaito::hsm
