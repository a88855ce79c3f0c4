// F23: what the row guard says of rows, sums and log. That the sums follow the rows is the store's
// (tests/unit/store/row_sums_test.cpp).
#include "appliance/audit/row_guard.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace kaito::audit {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class KeptLines final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

store::Staff staff_number(std::uint8_t n) {
  UuidBytes id{};
  id.back() = n;
  return {.id = StaffId(id),
          .name = "staff " + std::to_string(n),
          .role = store::StaffRole::auditor,
          .disabled = false,
          .created_at = from_unix_ms(1'795'000'000'000)};
}

class RowGuardTest : public testing::Test {
 protected:
  RowGuardTest() {
    std::string pattern = (fs::temp_directory_path() / "kaito-rows-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~RowGuardTest() override {
    close();
    fs::remove_all(directory_);
  }

  void open(OnAlteredRows mode = OnAlteredRows::lock) {
    const auto seal = std::make_shared<store::RowSeal>();
    auto opened = store::sqlite::open_store(database(), {.seal = seal}, logger_);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = *std::move(opened);
    journal_ = *Journal::open(*store_, "kaito.test/1", clock_, logger_);
    seal->set_key(store::RowKey::copy_of(ByteView(Bytes(store::kRowKeyBytes, 5))));
    guard_.emplace(*store_, *journal_, clock_, random_, logger_, mode);
    const Status begun = guard_->open();
    ASSERT_TRUE(begun) << begun.error().describe();
  }
  void close() {
    guard_.reset();
    store_.reset();
    journal_.reset();
  }
  [[nodiscard]] fs::path database() const { return directory_ / "kaito.db"; }
  // On the closed database.
  void edit(const std::string& sql) {
    close();
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database().c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  void add_staff(std::uint8_t n) {
    Event event{.action = "staff.add", .actor = {.kind = ActorKind::system}};
    event.request = RequestId::make(clock_, random_);
    const auto added = sync_wait(journal_->commit(
        std::move(event), [n](store::Writer& writer, Event&) -> Status { return writer.insert(staff_number(n)); }));
    ASSERT_TRUE(added) << added.error().describe();
  }
  void record_something() {
    Event event{.action = "something", .actor = {.kind = ActorKind::system}};
    event.request = RequestId::make(clock_, random_);
    ASSERT_TRUE(sync_wait(journal_->record(std::move(event))));
  }
  void anchor() { sync_wait(guard_->anchor()); }
  // The names of the actions in the log, one after the other.
  std::string actions() {
    std::string names;
    const auto rows = store_->snapshot().value()->audit_rows({}).value();
    for (const auto& row : rows) {
      const auto begin = row.record.find("\"action\":\"") + 10;
      names += row.record.substr(begin, row.record.find('"', begin) - begin) + " ";
    }
    return names;
  }

  fs::path directory_;
  KeptLines lines_;
  test::ManualClock clock_;
  SystemRandom random_;
  Logger logger_{lines_, clock_};
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<store::Store> store_;
  std::optional<RowGuard> guard_;
};

TEST_F(RowGuardTest, HasTheLogBearTheSumsOnlyWhenTheyHaveChanged) {
  open();
  EXPECT_EQ(actions(), "rows.anchor ");
  anchor();
  record_something();
  anchor();
  EXPECT_EQ(actions(), "rows.anchor something ");
  add_staff(1);
  anchor();
  anchor();
  EXPECT_EQ(actions(), "rows.anchor something staff.add rows.anchor ");
  close();
  open();
  EXPECT_EQ(actions(), "rows.anchor something staff.add rows.anchor ");
  EXPECT_EQ(guard_->report().altered, Names{});
  EXPECT_FALSE(guard_->locks());
}

TEST_F(RowGuardTest, F23TakesTheSumsOfADatabaseOfBeforeOnceAndHoldsThemFromThenOn) {
  {
    // One that was written by a version without sums.
    auto seal = std::make_shared<store::RowSeal>();
    store_ = *store::sqlite::open_store(database(), {.seal = seal}, logger_);
    journal_ = *Journal::open(*store_, "kaito.test/1", clock_, logger_);
    add_staff(1);
    add_staff(2);
  }
  edit("DROP TABLE row_guard; PRAGMA user_version = 8");
  open();
  EXPECT_FALSE(guard_->locks());
  EXPECT_EQ(store_->snapshot().value()->row_sums().value()->sums.at(0).rows, 2U);
  EXPECT_EQ(actions(), "staff.add staff.add rows.anchor ");
  edit("DELETE FROM staff WHERE name = 'staff 2'");
  open();
  EXPECT_TRUE(guard_->locks());
  EXPECT_EQ(guard_->report().altered, Names{"staff"});

  edit("DROP TABLE row_guard; PRAGMA user_version = 8");
  open();
  EXPECT_TRUE(guard_->locks()) << "the log knows that there were sums";
  EXPECT_EQ(guard_->report().altered, Names{"row_guard"});
}

TEST_F(RowGuardTest, F23RaisesTheAlarmAtEachStartUntilTheRowsAreAccepted) {
  open();
  add_staff(1);
  for (int start = 0; start < 2; ++start) {
    edit(start == 0 ? "DELETE FROM staff" : "");
    open();
    EXPECT_TRUE(guard_->locks());
    EXPECT_EQ(guard_->report().altered, Names{"staff"});
    anchor();  // must not bless them
  }
  EXPECT_NE(lines_.text.find("1 rows are kept, 0 were found"), std::string::npos) << lines_.text;
  ASSERT_TRUE(sync_wait(guard_->accept()));
  EXPECT_FALSE(guard_->locks());
  EXPECT_EQ(actions(), "rows.anchor staff.add rows.altered rows.altered rows.accept ");
  close();
  open();
  EXPECT_EQ(guard_->report().altered, Names{});
}

TEST_F(RowGuardTest, F23RowsAndSumsOfEarlierAreOlderThanTheLog) {
  open();
  close();
  fs::copy_file(database(), directory_ / "former.db");
  open();
  add_staff(1);
  anchor();
  edit("ATTACH '" + (directory_ / "former.db").string() +
       "' AS former; DELETE FROM staff; DELETE FROM row_guard; INSERT INTO row_guard SELECT * FROM former.row_guard");
  for (int start = 0; start < 2; ++start) {
    open();
    EXPECT_TRUE(guard_->locks());
    EXPECT_EQ(guard_->report().altered, Names{"row_guard"});
    add_staff(static_cast<std::uint8_t>(8 + start));  // what is written meanwhile does not make the sums any newer
    anchor();
    close();
  }
}

TEST_F(RowGuardTest, F23SumsOfAnotherLogAreNotTaken) {
  open();
  add_staff(1);
  anchor();
  close();
  fs::rename(database(), directory_ / "other.db");
  open();
  add_staff(2);
  anchor();
  edit("ATTACH '" + (directory_ / "other.db").string() +
       "' AS other; DELETE FROM staff; DELETE FROM row_guard; INSERT INTO staff SELECT * FROM other.staff; "
       "INSERT INTO row_guard SELECT * FROM other.row_guard");
  open();
  EXPECT_EQ(guard_->report().altered, Names{"row_guard"});
}

TEST_F(RowGuardTest, F23EditedSumsAreAnAlarmToo) {
  open();
  add_staff(1);
  edit("UPDATE row_guard SET mac = zeroblob(32)");
  open();
  EXPECT_TRUE(guard_->locks());
  EXPECT_EQ(guard_->report().altered, Names{"row_guard"});
  ASSERT_TRUE(sync_wait(guard_->accept()));
  close();
  open();
  EXPECT_FALSE(guard_->locks());
}

TEST_F(RowGuardTest, F23ServesAllTheSameWhereTheOperatorWantsThat) {
  open();
  add_staff(1);
  edit("DELETE FROM staff");
  open(OnAlteredRows::serve);
  EXPECT_EQ(guard_->report().altered, Names{"staff"});
  EXPECT_FALSE(guard_->locks());
}

TEST_F(RowGuardTest, VerifiesOnDemandAndSaysThatAllWasVerified) {
  open();
  add_staff(1);
  close();
  open();
  EXPECT_FALSE(guard_->report().complete);
  const auto report = guard_->verify({});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->altered, Names{});
}

}  // namespace
}  // namespace kaito::audit
