#include "appliance/store/sqlite/sqlite_keyring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "appliance/base/unique_fd.hpp"
#include "appliance/store/sqlite/database_files.hpp"
#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/migrator.hpp"
#include "appliance/store/sqlite/open_connection.hpp"
#include "appliance/store/sqlite/transaction.hpp"

#define KAITO_ENTRY_COLUMNS "org, version, platform_version, blob, created_at, invocations, check_value"

namespace kaito::store::sqlite {
namespace {

constexpr std::uint32_t kKeyringApplicationId = 0x4b544f4b;  // "KTOK"

std::unexpected<Error> journal_failure(const char* what) {
  return fail(Code::storage_failed, fmt::format("{} the keyring's journal: {}", what, std::strerror(errno)));
}

// Overwrites the rollback journal with zeros. It holds former pages of the file, and so blobs that are removed by now.
// Between transactions its header is zero already, so SQLite takes an all-zero journal for what it is: nothing to do.
Status zero_journal(const std::filesystem::path& database) {
  auto path = database;
  path += "-journal";
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return errno == ENOENT ? Status{} : Status(journal_failure("open"));
  struct stat file{};
  if (::fstat(fd.get(), &file) != 0) return journal_failure("examine");
  constexpr std::array<std::uint8_t, 4096> kZeros{};
  for (off_t at = 0; at < file.st_size;) {
    const auto count = std::min<std::size_t>(kZeros.size(), static_cast<std::size_t>(file.st_size - at));
    const ssize_t written = ::pwrite(fd.get(), kZeros.data(), count, at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return journal_failure("overwrite");
    at += written;
  }
  if (::fdatasync(fd.get()) != 0) return journal_failure("sync");
  return {};
}

Result<KeyringEntry> read_entry(const Statement& statement) {
  Row row(statement, "entry");
  return row.finish(KeyringEntry{.org = row.id<OrgId>(),
                                 .version = row.number<KeyVersion>(1),
                                 .platform_version = row.number<KeyVersion>(),
                                 .blob = row.blob(1, limits::kKeyringBlob),
                                 .created_at = row.time(),
                                 .invocations = row.number<std::uint64_t>(),
                                 .check_value = row.blob(0, limits::kCheckValue)});
}

Result<std::uint64_t> read_number(const Statement& statement) {
  Row row(statement, "entry");
  return row.finish(row.number<std::uint64_t>());
}

Result<KeyVersion> read_floor(const Statement& statement) {
  Row row(statement, "floor");
  return row.finish(row.number<KeyVersion>(1));
}

Result<KeyringPlace> read_place(const Statement& statement) {
  Row row(statement, "entry");
  return row.finish(KeyringPlace{.org = row.id<OrgId>(), .version = row.number<KeyVersion>(1)});
}

Result<OrgId> read_org_id(const Statement& statement) {
  Row row(statement, "entry");
  return row.finish(row.id<OrgId>());
}

class SqliteKeyring final : public Keyring {
 public:
  SqliteKeyring(UniqueFd lock, std::filesystem::path path, Connection connection) noexcept
      : lock_(std::move(lock)), path_(std::move(path)), connection_(std::move(connection)) {}

  Result<std::optional<KeyringEntry>> find(const OrgId& org, KeyVersion version) override {
    const std::lock_guard lock(mutex_);
    return connection_.one("SELECT " KAITO_ENTRY_COLUMNS " FROM entry WHERE org = ?1 AND version = ?2", read_entry, org,
                           version);
  }

  Result<std::vector<KeyringEntry>> entries_of(const OrgId& org) override {
    const std::lock_guard lock(mutex_);
    return connection_.all("SELECT " KAITO_ENTRY_COLUMNS " FROM entry WHERE org = ?1 ORDER BY version", read_entry,
                           org);
  }

  Result<std::vector<OrgId>> orgs() override {
    const std::lock_guard lock(mutex_);
    return connection_.all("SELECT DISTINCT org FROM entry ORDER BY org", read_org_id);
  }

  Status insert(const KeyringEntry& entry) override {
    const std::lock_guard lock(mutex_);
    return change([&]() -> Status {
      if (entry.platform_version != 0) {
        KAITO_TRY(const auto lowest, connection_.one("SELECT platform_version FROM floor", read_floor));
        if (lowest && entry.platform_version < *lowest)
          return fail(Error{.code = Code::conflict,
                            .detail = fmt::format("platform KEK {} is retired", entry.platform_version),
                            .field = "platform_version",
                            .reason = "is retired"});
      }
      return connection_.run("INSERT INTO entry (" KAITO_ENTRY_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                             entry.org, entry.version, entry.platform_version, entry.blob, entry.created_at,
                             entry.invocations, entry.check_value);
    });
  }

  Status remove(const OrgId& org) override {
    const std::lock_guard lock(mutex_);
    KAITO_CHECK(change([&] { return connection_.run("DELETE FROM entry WHERE org = ?1", org); }));
    return forget_removed();
  }

  Status remove_below(const OrgId& org, KeyVersion version) override {
    const std::lock_guard lock(mutex_);
    KAITO_CHECK(
        change([&] { return connection_.run("DELETE FROM entry WHERE org = ?1 AND version < ?2", org, version); }));
    return forget_removed();
  }

  Status remove_from(const OrgId& org, KeyVersion version) override {
    const std::lock_guard lock(mutex_);
    KAITO_CHECK(
        change([&] { return connection_.run("DELETE FROM entry WHERE org = ?1 AND version >= ?2", org, version); }));
    return forget_removed();
  }

  Result<std::vector<KeyringEntry>> entries_below(KeyVersion platform_version, const KeyringPlace& place,
                                                  std::uint32_t limit) override {
    const std::lock_guard lock(mutex_);
    return connection_.all("SELECT " KAITO_ENTRY_COLUMNS
                           " FROM entry WHERE (org, version) > (?1, ?2) AND platform_version BETWEEN 1 AND ?3 "
                           "ORDER BY org, version LIMIT ?4",
                           read_entry, place.org, place.version, platform_version - 1, limit);
  }

  Result<std::uint64_t> count_below(KeyVersion platform_version) override {
    const std::lock_guard lock(mutex_);
    return count_below_locked(platform_version);
  }

  Status rewrap(std::span<const RewrappedEntry> entries) override {
    const std::lock_guard lock(mutex_);
    // The new binding is one more encryption with the org KEK.
    return change([&]() -> Status {
      for (const auto& entry : entries)
        KAITO_CHECK(
            connection_.run("UPDATE entry SET platform_version = ?3, blob = ?4, invocations = invocations + 1 "
                            "WHERE org = ?1 AND version = ?2 AND platform_version = ?5 AND blob = ?6",
                            entry.before.org, entry.before.version, entry.platform_version, entry.blob,
                            entry.before.platform_version, entry.before.blob));
      return {};
    });
  }

  Status raise_floor(KeyVersion platform_version) override {
    const std::lock_guard lock(mutex_);
    return change([&]() -> Status {
      KAITO_TRY(const auto left, count_below_locked(platform_version));
      if (left > 0) return fail(Code::conflict, fmt::format("{} entries are under an older platform KEK", left));
      return connection_.run("UPDATE floor SET platform_version = max(platform_version, ?1)", platform_version);
    });
  }

  Result<KeyVersion> floor() override {
    const std::lock_guard lock(mutex_);
    KAITO_TRY(const auto lowest, connection_.one("SELECT platform_version FROM floor", read_floor));
    if (!lowest) return fail(Code::integrity, "the keyring has no floor");
    return *lowest;
  }

  Result<std::uint64_t> reserve(const OrgId& org, KeyVersion version, std::uint64_t count) override {
    const std::lock_guard lock(mutex_);
    std::uint64_t before = 0;
    KAITO_CHECK(change([&]() -> Status {
      KAITO_TRY(const auto found, connection_.one("SELECT invocations FROM entry WHERE org = ?1 AND version = ?2",
                                                  read_number, org, version));
      if (!found) return fail(Code::not_found, "no such entry");
      before = *found;
      return connection_.run("UPDATE entry SET invocations = ?3 WHERE org = ?1 AND version = ?2", org, version,
                             before + count);
    }));
    return before;
  }

  Result<std::vector<KeyringPlace>> worn_out(TimePoint created_before, std::uint64_t invocations,
                                             std::uint32_t limit) override {
    const std::lock_guard lock(mutex_);
    return connection_.all(
        "SELECT org, version FROM entry AS e WHERE ((created_at < ?1 AND platform_version > 0) OR invocations >= ?2) "
        "AND NOT EXISTS "
        "(SELECT 1 FROM entry WHERE org = e.org AND version > e.version) ORDER BY org LIMIT ?3",
        read_place, created_before, invocations, limit);
  }

  Result<Bytes> image() override {
    const std::lock_guard lock(mutex_);
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, void (*)(void*)> content(
        sqlite3_serialize(connection_.database().handle(), "main", &size, 0), sqlite3_free);
    if (!content) return fail(Code::storage_failed, "SQLite gave no image of the keyring");
    return Bytes(content.get(), content.get() + size);
  }

  [[nodiscard]] std::uint64_t changes() const noexcept override { return changes_; }

 private:
  // One transaction, durable when it returns. After an I/O error no write is tried again, since a failed fsync may have
  // dropped what it was to write.
  template <class Work>
  Status change(Work work) {
    if (failed_) return fail(Code::storage_failed, "a write failed earlier; nothing is written until the next start");
    connection_.database().forget_faults();
    const auto attempt = [&]() -> Status {
      KAITO_TRY(Transaction transaction, Transaction::begin_immediate(connection_));
      KAITO_CHECK(work());
      return transaction.commit();
    };
    Status done = attempt();
    failed_ = connection_.database().worst_fault() == Fault::device;
    if (done) ++changes_;
    return done;
  }

  Status forget_removed() {
    auto zeroed = zero_journal(path_);
    if (!zeroed) failed_ = true;
    return zeroed;
  }

  Result<std::uint64_t> count_below_locked(KeyVersion platform_version) {
    KAITO_TRY(const auto count, connection_.one("SELECT count(*) FROM entry WHERE platform_version BETWEEN 1 AND ?1",
                                                read_number, platform_version - 1));
    return count.value_or(0);
  }

  UniqueFd lock_;
  const std::filesystem::path path_;
  std::mutex mutex_;
  Connection connection_;
  bool failed_ = false;
  std::atomic<std::uint64_t> changes_{0};
};

Result<Connection> prepare_keyring(const std::filesystem::path& path, const std::string& vfs) {
  KAITO_TRY(Connection connection, open_keyring_connection(path, vfs));
  KAITO_CHECK(check_quickly(connection));
  KAITO_CHECK(migrate(connection, kKeyringApplicationId, kKeyringMigrations));
  return connection;
}

}  // namespace

Result<std::unique_ptr<Keyring>> open_keyring(const std::filesystem::path& path, const std::string& vfs) {
  KAITO_TRY(UniqueFd lock, claim_database_files(path));
  auto connection = prepare_keyring(path, vfs);
  if (!connection) return fail(std::move(connection).error().within(path.string()));
  // A stop between a removal and its overwriting leaves the journal for this start to clean.
  KAITO_CHECK(zero_journal(path));
  return std::make_unique<SqliteKeyring>(std::move(lock), path, *std::move(connection));
}

}  // namespace kaito::store::sqlite
