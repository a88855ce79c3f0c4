// What is SQLite's alone: files, schema, limits, the reserve, damaged rows.
#include "appliance/store/sqlite/sqlite_store.hpp"

#include <sys/stat.h>

#include <fstream>
#include <latch>

#include "appliance/store/sqlite/connection.hpp"
#include "appliance/store/sqlite/migrator.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using samples::kNow;
using samples::nth;

class SqliteStore : public testing::Test {
 protected:
  std::unique_ptr<Store> open(StoreOptions options = {}) {
    auto opened = open_store(path_, std::move(options), log_.logger());
    if (!opened) ADD_FAILURE() << opened.error().describe();
    return opened ? *std::move(opened) : nullptr;
  }
  // Changes the closed file behind the product's back.
  void edit(const char* sql) {
    auto database = Database::open(path_, Access::read_write, {});
    ASSERT_TRUE(database);
    EXPECT_DONE(database->execute("PRAGMA ignore_check_constraints = ON"));
    EXPECT_DONE(database->execute(sql));
  }
  mode_t mode(const std::filesystem::path& path) {
    struct stat file{};
    return ::stat(path.c_str(), &file) == 0 ? file.st_mode & 07777 : 0;
  }
  std::filesystem::path beside(const char* suffix) {
    auto path = path_;
    path += suffix;
    return path;
  }

  samples::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "data" / "store.db";
  samples::SilentLog log_;
};

TEST_F(SqliteStore, F28EveryFileIsPrivateWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    auto store = open();
    ASSERT_TRUE(store);
    EXPECT_DONE(samples::write(*store, [](Writer& writer) { return writer.put_meta("key", Bytes(10)); }));
    EXPECT_TRUE(store->snapshot().value()->meta("key").value());
    ::umask(before);
    EXPECT_EQ(mode(path_.parent_path()), 0700U);
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(mode(beside(suffix)), 0600U) << suffix;
    store.reset();
    std::filesystem::remove_all(path_.parent_path());
  }
}

TEST_F(SqliteStore, F28OpeningTightensWhatWasLeftOpen) {
  open();
  ::chmod(path_.c_str(), 0666);
  ::chmod(beside("-wal").c_str(), 0666);
  ::chmod(path_.parent_path().c_str(), 0755);
  auto store = open();
  EXPECT_EQ(mode(path_), 0600U);
  EXPECT_EQ(mode(beside("-wal")), 0600U);
  EXPECT_EQ(mode(path_.parent_path()), 0700U);
}

TEST_F(SqliteStore, ASecondOwnerIsRefused) {
  const auto store = open();
  EXPECT_CODE(open_store(path_, {}, log_.logger()), Code::configuration);
}

TEST_F(SqliteStore, ANewerSchemaIsRefusedAndLeftAsItIs) {
  open();
  edit("PRAGMA user_version = 99");
  const auto refused = open_store(path_, {}, log_.logger());
  EXPECT_CODE(refused, Code::configuration);
  EXPECT_NE(refused.error().detail.find("newer"), std::string::npos) << refused.error().detail;
  edit(fmt::format("PRAGMA user_version = {}", kStoreMigrations.back().number).c_str());
  EXPECT_TRUE(open());
}

TEST_F(SqliteStore, ADatabaseOfMigration2IsBroughtUpToDateWithWhatItHolds) {
  const HsmKey audit{.kind = KeyKind::audit, .version = 2, .created_at = kNow, .destroyed_at = kNow + Seconds(9)};
  EXPECT_DONE(samples::write(*open(), [&](Writer& writer) -> Status {
    KAITO_CHECK(writer.insert(samples::org(1)));
    KAITO_CHECK(writer.insert(samples::seed(1, 1)));
    return writer.put(audit);
  }));
  // As migration 2 left it.
  edit(
      "ALTER TABLE hsm_key RENAME TO later; CREATE TABLE hsm_key (kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4), "
      "version INTEGER NOT NULL, created_at INTEGER NOT NULL, destroyed_at INTEGER, PRIMARY KEY (kind, version)) "
      "STRICT, "
      "WITHOUT ROWID; INSERT INTO hsm_key SELECT * FROM later; DROP TABLE later; DROP TABLE key_use; "
      "DROP TABLE key_use_period; ALTER TABLE rotation DROP COLUMN hsm; ALTER TABLE rotation DROP COLUMN hsm_key; "
      "ALTER TABLE rotation DROP COLUMN make_key; DROP TABLE approval_signature; DROP TABLE approval; "
      "ALTER TABLE deleted_org DROP COLUMN name; DROP INDEX deleted_org_to_purge; "
      "ALTER TABLE deleted_org DROP COLUMN purged; DROP TABLE seed_count; DROP TABLE row_guard; PRAGMA user_version = "
      "2");
  for (const auto* table : {"org", "member", "group_member", "group_seed", "staff", "staff_credential", "session",
                            "api_key", "one_time_token"})
    edit(fmt::format("ALTER TABLE {} DROP COLUMN mac", table).c_str());
  const HsmKey wrapping{.kind = KeyKind::wrapping, .version = 1, .created_at = kNow};
  const auto store = open();
  EXPECT_DONE(samples::write(*store, [&](Writer& writer) { return writer.put(wrapping); }));
  EXPECT_EQ(store->snapshot().value()->hsm_keys().value(), (std::vector{audit, wrapping}));
  EXPECT_EQ(store->snapshot().value()->seed_count(nth<OrgId>(1)).value(), 1U);
}

// Each column that a MAC covers, edited in a row of each kind: the row is refused, and says whose it is.
TEST_F(SqliteStore, F24EachSealedColumnThatIsEditedRefusesItsRow) {
  const auto sealed = [] {
    auto seal = std::make_shared<RowSeal>();
    seal->set_key(RowKey::copy_of(ByteArray<kRowKeyBytes>{7}));
    return seal;
  };
  const Staff staff{.id = nth<StaffId>(1), .name = "officer", .role = StaffRole::security_officer, .created_at = kNow};
  const StaffCredential credential{
      .credential_id = Bytes(16, 1), .staff = staff.id, .label = "key", .cose_key = Bytes(77, 2), .created_at = kNow};
  const OneTimeToken token{.token_hash = samples::filled<32>(9),
                           .purpose = OneTimePurpose::member_invitation,
                           .subject = nth<MemberId>(1).bytes(),
                           .org = nth<OrgId>(1),
                           .expires_at = kNow};
  const auto fill = [&](Writer& writer) -> Status {
    KAITO_CHECK(writer.insert(samples::org(1)));
    KAITO_CHECK(writer.insert(samples::member(1, 1)));
    KAITO_CHECK(writer.insert(samples::group(1, 1)));
    KAITO_CHECK(writer.insert(samples::seed(1, 1)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<MemberId>(1)));
    KAITO_CHECK(writer.add_to_group(nth<GroupId>(1), nth<SeedId>(1)));
    KAITO_CHECK(writer.insert(staff));
    KAITO_CHECK(writer.insert(credential));
    KAITO_CHECK(writer.insert(samples::api_key(1, 1)));
    KAITO_CHECK(writer.insert(samples::session(1)));
    KAITO_CHECK(writer.insert(token));
    KAITO_CHECK(writer.update(samples::org(1)));
    KAITO_CHECK(writer.update(samples::member(1, 1)));
    KAITO_CHECK(writer.update(staff));
    // Notes of use, which no MAC covers.
    KAITO_CHECK(writer.update_sign_count(credential.credential_id, 5));
    KAITO_CHECK(writer.touch_api_key(nth<ApiKeyId>(1), kNow));
    return writer.touch_session(nth<SessionId>(1), kNow);
  };
  using Read = std::function<Status(Reader&)>;
  const auto discard = [](const auto& result) -> Status {
    if (!result) return fail(result.error());
    return {};
  };
  const Read org = [&](Reader& reader) { return discard(reader.org(nth<OrgId>(1))); };
  const Read member = [&](Reader& reader) { return discard(reader.member(nth<OrgId>(1), nth<MemberId>(1))); };
  const Read by_staff = [&](Reader& reader) { return discard(reader.all_staff()); };
  const Read keys = [&](Reader& reader) { return discard(reader.credentials_of(staff.id)); };
  const Read api_key = [&](Reader& reader) { return discard(reader.api_key_by_hash(samples::filled<32>(1))); };
  const Read session = [&](Reader& reader) { return discard(reader.session(samples::filled<32>(1))); };
  const Read once = [&](Reader& reader) { return discard(reader.one_time_token(token.token_hash)); };
  const Read groups = [&](Reader& reader) { return discard(reader.groups_of_member(nth<MemberId>(1))); };
  const Read shared = [&](Reader& reader) { return discard(reader.groups_of_seed(nth<SeedId>(1))); };
  struct Edit {
    const char* sql;
    const Read& read;
  };
  const Edit edits[] = {
      {"UPDATE org SET name = 'other'", org},
      {"UPDATE org SET kek_version = 2", org},
      {"UPDATE org SET oldest_kek_version = 7", org},
      {"UPDATE org SET wrapped_index_key = zeroblob(61)", org},
      {"UPDATE org SET dek_lease = NULL", org},
      {"UPDATE org SET mac = NULL", org},
      {"UPDATE member SET role = 4", member},
      {"UPDATE member SET state = 3", member},
      {"UPDATE member SET username = 'other'", member},
      {"UPDATE member SET display_name = 'other'", member},
      {"UPDATE member SET password_hash = 'other'", member},
      {"UPDATE member SET failed_logins = 0", member},
      {"UPDATE member SET locked_until = NULL", member},
      {"UPDATE staff SET role = 1", by_staff},
      {"UPDATE staff SET disabled = 1", by_staff},
      {"UPDATE staff SET name = 'other'", by_staff},
      {"UPDATE staff_credential SET cose_key = zeroblob(77)", keys},
      {"UPDATE staff_credential SET label = 'other'", keys},
      {"UPDATE staff_credential SET aaguid = randomblob(16)", keys},
      {"UPDATE staff_credential SET backup_eligible = 1", keys},
      {"UPDATE api_key SET scopes = 1", api_key},
      {"UPDATE api_key SET groups = zeroblob(16)", api_key},
      {"UPDATE api_key SET allowed_networks = ''", api_key},
      {"UPDATE api_key SET expires_at = NULL", api_key},
      {"UPDATE api_key SET name = 'other'", api_key},
      {"UPDATE session SET kind = 1", session},
      {"UPDATE session SET subject = zeroblob(16)", session},
      {"UPDATE session SET org = (SELECT id FROM org)", session},
      {"UPDATE session SET authenticated_at = authenticated_at + 1", session},
      {"UPDATE session SET created_at = created_at + 1", session},
      {"UPDATE session SET peer = ''", session},
      {"UPDATE one_time_token SET purpose = 2", once},
      {"UPDATE one_time_token SET subject = zeroblob(16)", once},
      {"UPDATE one_time_token SET expires_at = expires_at + 1", once},
      {"UPDATE group_member SET mac = (SELECT mac FROM group_seed)", groups},
      {"UPDATE group_seed SET mac = NULL", shared},
  };
  for (const Edit& one : edits) {
    SCOPED_TRACE(one.sql);
    {
      const auto store = open({.seal = sealed()});
      EXPECT_DONE(samples::write(*store, fill));
      EXPECT_DONE(one.read(*store->snapshot().value()));
    }
    edit(one.sql);
    {
      const auto store = open({.seal = sealed()});
      const auto refused = one.read(*store->snapshot().value());
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code, Code::integrity);
      EXPECT_NE(refused.error().detail.find("edited outside"), std::string::npos) << refused.error().detail;
    }
    std::filesystem::remove_all(path_.parent_path());
  }
}

TEST_F(SqliteStore, AnotherProgramsFileIsRefused) {
  std::filesystem::create_directories(path_.parent_path());
  std::ofstream(path_).flush();
  edit("CREATE TABLE theirs (x)");
  EXPECT_CODE(open_store(path_, {}, log_.logger()), Code::configuration);
  std::ofstream(path_, std::ios::trunc) << std::string(8192, 'x');
  EXPECT_CODE(open_store(path_, {}, log_.logger()), Code::integrity);
}

TEST_F(SqliteStore, ADamagedFileIsRefused) {
  {
    const auto store = open();
    EXPECT_DONE(samples::write(*store, [](Writer& writer) -> Status {
      KAITO_CHECK(writer.insert(samples::org(1)));
      for (std::uint32_t n = 1; n <= 200; ++n) KAITO_CHECK(writer.insert(samples::seed(1, n)));
      return {};
    }));
  }
  const auto size = std::filesystem::file_size(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
  file << std::string(4096, '\xee');
  file.close();
  EXPECT_CODE(open_store(path_, {}, log_.logger()), Code::integrity);
}

TEST_F(SqliteStore, F22AValueThatCannotBeIsRefusedByTableAndColumn) {
  {
    const auto store = open();
    EXPECT_DONE(samples::write(*store, [](Writer& writer) -> Status {
      KAITO_CHECK(writer.insert(samples::org(1)));
      KAITO_CHECK(writer.insert(samples::member(1, 1)));
      KAITO_CHECK(writer.insert(samples::api_key(1, 1)));
      return writer.insert(samples::seed(1, 1));
    }));
  }
  const auto refusal = [&](const char* sql, auto read) {
    edit(sql);
    const auto store = open();
    const auto result = read(*store->snapshot().value());
    EXPECT_FALSE(result);
    EXPECT_EQ(result ? Code::internal : result.error().code, Code::integrity);
    return result ? std::string() : result.error().detail;
  };
  const auto seed = [](Reader& reader) { return reader.seed(nth<OrgId>(1), nth<SeedId>(1)); };
  EXPECT_TRUE(refusal("UPDATE seed SET digits = 99", seed).starts_with("seed.digits"));
  EXPECT_TRUE(refusal("UPDATE seed SET digits = 6, counter = -1", seed).starts_with("seed.counter"));
  EXPECT_TRUE(refusal("UPDATE seed SET counter = 0, wrapped_dek = x'00'", seed).starts_with("seed.wrapped_dek"));
  EXPECT_TRUE(refusal("UPDATE member SET role = 77", [](Reader& reader) {
                return reader.member(nth<OrgId>(1), nth<MemberId>(1));
              }).starts_with("member.role"));
  EXPECT_TRUE(refusal("UPDATE api_key SET groups = x'010203'", [](Reader& reader) {
                return reader.api_key_by_hash(samples::filled<32>(1));
              }).starts_with("api_key.groups"));
  EXPECT_TRUE(refusal("UPDATE org SET created_at = 9223372036854775807", [](Reader& reader) {
                return reader.orgs({});
              }).starts_with("org.created_at"));
}

TEST_F(SqliteStore, F63NoStatementChangesAnAuditRecord) {
  {
    const auto store = open();
    EXPECT_DONE(samples::write(*store, [](Writer& writer) { return writer.append_audit(samples::audit(0)); }));
  }
  auto database = Database::open(path_, Access::read_write, {});
  ASSERT_TRUE(database);
  EXPECT_FALSE(database->execute("UPDATE audit SET time = 0"));
  EXPECT_FALSE(database->execute("DELETE FROM audit"));
}

TEST_F(SqliteStore, F27BelowTheReserveChangesAreRefusedAndRecordsGoOn) {
  std::atomic<std::uint64_t> free_bytes{1000};
  const auto store = open({.reserve_bytes = 1000, .free_space = [&](const auto&) { return free_bytes.load(); }});
  const auto change = [](Writer& writer) { return writer.insert(samples::org(1)); };
  free_bytes = 999;
  EXPECT_CODE(samples::write(*store, change), Code::storage_full);
  EXPECT_TRUE(store->statistics().reserve_touched);
  EXPECT_DONE(
      samples::write(*store, [](Writer& writer) { return writer.append_audit(samples::audit(0)); }, JobKind::record));
  EXPECT_EQ(store->snapshot().value()->audit_size().value(), 1U);
  free_bytes = 1000;
  EXPECT_DONE(samples::write(*store, change));
  EXPECT_FALSE(store->statistics().reserve_touched);
  EXPECT_FALSE(store->statistics().failed);
}

TEST_F(SqliteStore, AFullQueueRefusesAtOnce) {
  const auto store = open({.queue_limit = 2});
  std::latch running{1};
  std::latch go_on{1};
  const auto nothing = [](Writer&) { return Status{}; };
  auto first = store->write(
      [&](Writer&) {
        running.count_down();
        go_on.wait();
        return Status{};
      },
      JobKind::record);
  running.wait();
  auto second = store->write(nothing, JobKind::record);
  auto third = store->write(nothing, JobKind::record);
  EXPECT_CODE(samples::write(*store, nothing), Code::deadline_exceeded);
  go_on.count_down();
  EXPECT_DONE(sync_wait(samples::await(std::move(first))));
  EXPECT_DONE(sync_wait(samples::await(std::move(second))));
  EXPECT_DONE(sync_wait(samples::await(std::move(third))));
}

TEST_F(SqliteStore, NoMoreSnapshotsThanTheLimitExistAtOnce) {
  const auto store = open({.reader_limit = 2, .reader_wait = Milliseconds(1)});
  auto one = store->snapshot();
  auto two = store->snapshot();
  ASSERT_TRUE(one && two);
  EXPECT_CODE(store->snapshot(), Code::deadline_exceeded);
  one->reset();
  EXPECT_TRUE(store->snapshot());
}

TEST_F(SqliteStore, ABatchIsNoLargerThanItsLimit) {
  const auto store = open({.batch_limit = 10});
  std::latch running{1};
  std::latch go_on{1};
  std::vector<Future<Result<void>>> futures;
  futures.push_back(store->write(
      [&](Writer&) {
        running.count_down();
        go_on.wait();
        return Status{};
      },
      JobKind::record));
  running.wait();
  for (int i = 0; i < 25; ++i) futures.push_back(store->write([](Writer&) { return Status{}; }, JobKind::record));
  go_on.count_down();
  for (auto& future : futures) EXPECT_DONE(sync_wait(samples::await(std::move(future))));
  // The first job is joined by nine of those that came while it ran.
  EXPECT_EQ(store->statistics().batches, 3U);
}

TEST_F(SqliteStore, TheLogIsKeptShortWhileWritingAndEmptyAfterClosing) {
  constexpr std::uint32_t kPages = 16;
  {
    const auto store = open({.checkpoint_pages = kPages});
    for (int i = 0; i < 400; ++i)
      EXPECT_DONE(samples::write(*store, [i](Writer& writer) {
        return writer.put_meta("key" + std::to_string(i % 20), Bytes(3000, static_cast<std::uint8_t>(i)));
      }));
    // A frame has 24 bytes more than its page. Eight times the threshold, and one batch over.
    EXPECT_LE(std::filesystem::file_size(beside("-wal")), (8 * kPages + 64) * 4120);
  }
  EXPECT_EQ(std::filesystem::exists(beside("-wal")) ? std::filesystem::file_size(beside("-wal")) : 0, 0U);
}

}  // namespace
}  // namespace kaito::store::sqlite
