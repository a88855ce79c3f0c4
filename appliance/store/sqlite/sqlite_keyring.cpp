#include "appliance/store/sqlite/sqlite_keyring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "appliance/base/unique_fd.hpp"
#include "appliance/store/sqlite/database_files.hpp"
#include "appliance/store/sqlite/limits.hpp"
#include "appliance/store/sqlite/migrator.hpp"
#include "appliance/store/sqlite/open_connection.hpp"

namespace kaito::store::sqlite {
namespace {

constexpr std::uint32_t kApplicationId = 0x4b544f4b;  // "KTOK"

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
                                 .blob = row.blob(1, limits::kKeyringBlob)});
}

Result<OrgId> read_org(const Statement& statement) {
  Row row(statement, "entry");
  return row.finish(row.id<OrgId>());
}

class SqliteKeyring final : public Keyring {
 public:
  SqliteKeyring(UniqueFd lock, std::filesystem::path path, Connection connection) noexcept
      : lock_(std::move(lock)), path_(std::move(path)), connection_(std::move(connection)) {}

  Result<std::optional<KeyringEntry>> find(const OrgId& org, KeyVersion version) override {
    const std::lock_guard lock(mutex_);
    return connection_.one("SELECT org, version, platform_version, blob FROM entry WHERE org = ?1 AND version = ?2",
                           read_entry, org, version);
  }

  Result<std::vector<KeyringEntry>> entries_of(const OrgId& org) override {
    const std::lock_guard lock(mutex_);
    return connection_.all("SELECT org, version, platform_version, blob FROM entry WHERE org = ?1 ORDER BY version",
                           read_entry, org);
  }

  Result<std::vector<OrgId>> orgs() override {
    const std::lock_guard lock(mutex_);
    return connection_.all("SELECT DISTINCT org FROM entry ORDER BY org", read_org);
  }

  Status insert(const KeyringEntry& entry) override {
    const std::lock_guard lock(mutex_);
    return change("INSERT INTO entry (org, version, platform_version, blob) VALUES (?1, ?2, ?3, ?4)", entry.org,
                  entry.version, entry.platform_version, entry.blob);
  }

  Status remove(const OrgId& org) override {
    const std::lock_guard lock(mutex_);
    KAITO_CHECK(change("DELETE FROM entry WHERE org = ?1", org));
    if (auto zeroed = zero_journal(path_); !zeroed) {
      failed_ = true;
      return zeroed;
    }
    return {};
  }

 private:
  // One statement, one transaction: durable when it returns. After an I/O error no write is tried again, since a failed
  // fsync may have dropped what it was to write.
  template <class... Values>
  Status change(Sql sql, const Values&... values) {
    if (failed_) return fail(Code::storage_failed, "a write failed earlier; nothing is written until the next start");
    connection_.database().forget_faults();
    Status done = connection_.run(sql, values...);
    failed_ = connection_.database().worst_fault() == Fault::device;
    return done;
  }

  UniqueFd lock_;
  const std::filesystem::path path_;
  std::mutex mutex_;
  Connection connection_;
  bool failed_ = false;
};

Result<Connection> prepare(const std::filesystem::path& path, const std::string& vfs) {
  KAITO_TRY(Connection connection, open_keyring_connection(path, vfs));
  KAITO_CHECK(check_quickly(connection));
  KAITO_CHECK(migrate(connection, kApplicationId, kKeyringMigrations));
  return connection;
}

}  // namespace

Result<std::unique_ptr<Keyring>> open_keyring(const std::filesystem::path& path, const std::string& vfs) {
  KAITO_TRY(UniqueFd lock, claim_database_files(path));
  auto connection = prepare(path, vfs);
  if (!connection) return fail(std::move(connection).error().within(path.string()));
  // A stop between a removal and its overwriting leaves the journal for this start to clean.
  KAITO_CHECK(zero_journal(path));
  return std::make_unique<SqliteKeyring>(std::move(lock), path, *std::move(connection));
}

}  // namespace kaito::store::sqlite
