#include "hsm/guarded_token_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "appliance/base/file.hpp"
#include "hsm/softhsm_object_file.hpp"

namespace kaito::hsm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCopy = std::size_t{24} << 20;
// How long an owner that was killed may take to be gone.
constexpr int kLockTries = 150;
constexpr std::chrono::milliseconds kLockPause{20};

Result<UniqueFd> lock_file(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(Code::storage_failed, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  for (int tries = 0; tries < kLockTries; ++tries) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(Code::storage_failed, fmt::format("lock {}: {}", path.string(), std::strerror(errno)));
    std::this_thread::sleep_for(kLockPause);
  }
  return fail(Code::configuration, fmt::format("{} is locked: another process uses this token", path.string()));
}

// What is wrong with an object file, `before` being its last good content where there is one.
Status judge(const Bytes& now, const Bytes* before) {
  KAITO_TRY(const auto types, read_softhsm_object(now));
  if (!before) return {};
  KAITO_TRY(const auto earlier, read_softhsm_object(*before));
  // A write that was cut between two attributes leaves a file of the right format that lacks some.
  if (!std::ranges::includes(types, earlier)) return fail(Code::integrity, "attributes are missing");
  return {};
}

// Of a key, not of the token itself: the one that a destruction may take away.
bool is_key_file(const std::string& path) {
  return is_object_file(path) && fs::path(path).filename() != "token.object";
}

// SoftHSM keeps an empty file beside each object; without it C_DestroyObject removes the object and then fails.
Status add_lock_file(fs::path object) {
  object.replace_extension(".lock");
  const UniqueFd fd(::open(object.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(Code::storage_failed, fmt::format("create {}: {}", object.string(), std::strerror(errno)));
  return {};
}

Status sync_file(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    return fail(Code::storage_failed, fmt::format("fsync {}: {}", path.string(), std::strerror(errno)));
  return {};
}

}  // namespace

Result<GuardedTokenDirectory> GuardedTokenDirectory::take(const fs::path& directory, Logger& logger) {
  KAITO_CHECK(make_private_directory(directory));
  KAITO_TRY(UniqueFd lock, lock_file(directory.string() + ".lock"));
  GuardedTokenDirectory guarded(directory, std::move(lock), logger);
  KAITO_CHECK(guarded.drop_leftovers());
  KAITO_TRY(const TokenFiles copy, guarded.read_copy());
  KAITO_CHECK(guarded.mend(copy));
  return guarded;
}

// Files that a kill left between write and rename: they may hold keys that are destroyed by now.
Status GuardedTokenDirectory::drop_leftovers() const {
  std::vector<fs::path> leftovers{copy_path().string() + ".tmp"};
  KAITO_TRY(const TokenFiles files, read_token_files(directory_));
  for (const auto& [path, content] : files)
    if (path.ends_with(".tmp")) leftovers.push_back(directory_ / path);
  for (const auto& path : leftovers) {
    std::error_code error;
    fs::remove(path, error);
    if (error) return fail(Code::storage_failed, fmt::format("remove {}: {}", path.string(), error.message()));
  }
  return {};
}

Result<TokenFiles> GuardedTokenDirectory::read_copy() const {
  std::error_code error;
  if (!fs::exists(copy_path(), error) && !error) return TokenFiles{};
  KAITO_TRY(const std::string text, read_file(copy_path(), kMaxCopy));
  auto files = parse_token_files(as_bytes(text));
  if (files) return files;
  // Written atomically, so this is the disk's doing. The live directory may be whole, and a new copy follows.
  logger_->error("hsm.token.copy_damaged", {{"file", copy_path().string()}, {"error", files.error()}});
  return TokenFiles{};
}

Status GuardedTokenDirectory::mend(const TokenFiles& copy) {
  KAITO_TRY(const TokenFiles live, read_token_files(directory_));
  note_removals(copy, live);
  for (const auto& [path, content] : copy) {
    if (removed_.contains(path)) continue;
    const auto found = live.find(path);
    if (found == live.end()) {
      KAITO_CHECK(restore(path, content, {.code = Code::integrity, .detail = "file is missing"}));
    } else if (is_object_file(path)) {
      if (const auto judged = judge(found->second, &content); !judged)
        KAITO_CHECK(restore(path, content, judged.error()));
    }
  }
  for (const auto& [path, content] : live) {
    if (copy.contains(path) || !is_object_file(path)) continue;
    // Half of a key whose creation was never acknowledged.
    if (const auto judged = judge(content, nullptr); !judged) KAITO_CHECK(set_aside(path, judged.error()));
  }
  return {};
}

void GuardedTokenDirectory::note_removals(const TokenFiles& copy, const TokenFiles& live) {
  std::vector<std::string> vanished;
  for (const auto& [path, content] : copy)
    if (is_key_file(path) && !live.contains(path) && !removed_.contains(path)) vanished.push_back(path);
  // More than were to be destroyed is damage; which of them it is cannot be told.
  if (vanished.empty() || vanished_ + vanished.size() > may_vanish_) return;
  vanished_ += vanished.size();
  for (const auto& path : vanished) logger_->info("hsm.token.key_removed", {{"file", path}});
  removed_.insert(vanished.begin(), vanished.end());
}

Status GuardedTokenDirectory::expect_removal(std::size_t most) {
  // Before the counts start anew: an earlier removal whose commit failed is still to be noted.
  KAITO_CHECK(commit());
  may_vanish_ = most;
  vanished_ = 0;
  return {};
}

Result<std::size_t> GuardedTokenDirectory::commit_removal() {
  KAITO_CHECK(commit());
  may_vanish_ = 0;
  return vanished_;
}

Status GuardedTokenDirectory::restore(const std::string& path, const Bytes& content, const Error& damage) {
  logger_->error("hsm.token.damaged", {{"file", path}, {"error", damage}});
  const fs::path live = directory_ / path;
  KAITO_CHECK(make_private_directory(live.parent_path()));
  KAITO_CHECK(write_file_atomically(live, content));
  if (is_object_file(path)) KAITO_CHECK(add_lock_file(live));
  logger_->warning("hsm.token.restored", {{"file", path}});
  return {};
}

Status GuardedTokenDirectory::set_aside(const std::string& path, const Error& damage) {
  logger_->error("hsm.token.set_aside", {{"file", path}, {"error", damage}});
  const fs::path live = directory_ / path;
  std::error_code error;
  fs::rename(live, live.string() + ".damaged", error);
  if (error) return fail(Code::storage_failed, fmt::format("rename {}: {}", live.string(), error.message()));
  return sync_directory(live.parent_path());
}

Status GuardedTokenDirectory::sync_files(const TokenFiles& files) const {
  for (const auto& [path, content] : files) {
    KAITO_CHECK(sync_file(directory_ / path));
    KAITO_CHECK(sync_directory((directory_ / path).parent_path()));
  }
  return sync_directory(directory_);
}

Status GuardedTokenDirectory::commit() {
  KAITO_TRY(const TokenFiles before, read_copy());
  KAITO_CHECK(mend(before));
  KAITO_TRY(const TokenFiles live, read_token_files(directory_));
  KAITO_CHECK(sync_files(live));
  if (live == before) return {};
  return write_file_atomically(copy_path(), serialize_token_files(live));
}

}  // namespace kaito::hsm
