#include "appliance/daemon/time_alarm.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_time_source.hpp"

namespace kaito::daemon {
namespace {

class KeptLines final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) override { text += std::string(line) + "\n"; }
  std::string text;
};

class TimeAlarm : public testing::Test {
 protected:
  TimeAlarm() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kaito-time-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    store_ = *store::sqlite::open_store(directory_ / "kaito.db", {}, logger_);
    journal_ = *audit::Journal::open(*store_, "kaito.test/1", clock_, logger_);
  }
  ~TimeAlarm() override {
    store_.reset();
    journal_.reset();
    std::filesystem::remove_all(directory_);
  }
  void look() { sync_wait(look_at_time(watch_, *journal_, clock_, random_, logger_)); }

  std::filesystem::path directory_;
  KeptLines lines_;
  test::ManualClock clock_;
  SystemRandom random_;
  Logger logger_{lines_, clock_};
  test::ManualTimeSource source_;
  timekeeping::TimeWatch watch_{source_, {}};
  std::unique_ptr<audit::Journal> journal_;  // ends after the store
  std::unique_ptr<store::Store> store_;
};

TEST_F(TimeAlarm, F38AJumpIsLoggedAndRecordedOnce) {
  source_.advance(Milliseconds(1000));
  look();
  EXPECT_EQ(journal_->size(), 0U);
  source_.advance(Milliseconds(1000), Milliseconds(-3'600'000));
  look();
  source_.advance(Milliseconds(1000));
  look();
  ASSERT_EQ(journal_->size(), 1U);
  const auto rows = (*store_->snapshot())->audit_rows({});
  ASSERT_TRUE(rows);
  EXPECT_THAT(rows->front().record, testing::HasSubstr("time.jump"));
  EXPECT_THAT(rows->front().record, testing::HasSubstr("-3600000"));
  EXPECT_THAT(lines_.text, testing::HasSubstr("time.jumped"));
}

}  // namespace
}  // namespace kaito::daemon
