#include "appliance/store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "appliance/base/invariant.hpp"
#include "appliance/base/unique_fd.hpp"
#include "appliance/store/sqlite/batch_writer.hpp"
#include "appliance/store/sqlite/database_files.hpp"
#include "appliance/store/sqlite/migrator.hpp"
#include "appliance/store/sqlite/open_connection.hpp"
#include "appliance/store/sqlite/reader_pool.hpp"
#include "appliance/store/sqlite/schema_check.hpp"

namespace kaito::store::sqlite {
namespace {

constexpr std::uint32_t kStoreApplicationId = 0x4b544f44;  // "KTOD"

class SqliteStore final : public Store {
 public:
  SqliteStore(UniqueFd lock, const std::filesystem::path& path, Connection connection, LogFile log,
              const StoreOptions& options, Logger& logger)
      : seal_(options.seal),
        lock_(std::move(lock)),
        writer_(path, std::move(connection), log, options, logger),
        readers_(path, options.vfs, *seal_, options.reader_limit, options.reader_wait) {}

  Result<std::unique_ptr<Reader>> snapshot() override { return readers_.snapshot(); }
  Future<Result<void>> write(Job job, JobKind kind) override { return writer_.submit(std::move(job), kind); }
  [[nodiscard]] std::uint64_t change_generation() const noexcept override { return writer_.change_generation(); }
  void observe(BatchObserver& observer) override { writer_.observe(observer); }
  [[nodiscard]] StoreStatistics statistics() const override { return writer_.statistics(); }
  [[nodiscard]] bool failed() const noexcept override { return writer_.failed(); }

 private:
  std::shared_ptr<const RowSeal> seal_;
  UniqueFd lock_;
  BatchWriter writer_;
  ReaderPool readers_;  // ends first: the writer empties the log when no reader is left
};

Result<Connection> prepare_store(const std::filesystem::path& path, const StoreOptions& options) {
  KAITO_TRY(Connection connection, open_writer_connection(path, options.vfs, *options.seal));
  KAITO_CHECK(check_quickly(connection));
  KAITO_CHECK(migrate(connection, kStoreApplicationId, kStoreMigrations));
  KAITO_CHECK(check_schema(connection, kStoreMigrations));
  KAITO_CHECK(Checkpointer(connection, 1).truncate());
  return connection;
}

}  // namespace

Result<std::uint64_t> free_space_of_volume(const std::filesystem::path& path) {
  struct statvfs volume{};
  if (::statvfs(path.c_str(), &volume) != 0)
    return fail(Code::storage_failed, fmt::format("statvfs {}: {}", path.string(), std::strerror(errno)));
  return std::uint64_t{volume.f_bavail} * volume.f_frsize;
}

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path, StoreOptions options, Logger& logger) {
  KAITO_INVARIANT(options.batch_limit >= 1 && options.reader_limit >= 1 && options.free_space);
  KAITO_TRY(UniqueFd lock, claim_database_files(path));
  if (!options.seal) options.seal = std::make_shared<RowSeal>();
  auto connection = prepare_store(path, options);
  if (!connection) return fail(std::move(connection).error().within(path.string()));
  KAITO_TRY(const LogFile log, connection->database().log_file());
  return std::make_unique<SqliteStore>(std::move(lock), path, *std::move(connection), log, options, logger);
}

}  // namespace kaito::store::sqlite
