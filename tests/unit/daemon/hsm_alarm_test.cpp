#include "appliance/daemon/hsm_alarm.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace kaito::daemon {
namespace {

using hsm::WorkerPhase;
using keys::HsmConnectionState;
using testing::HasSubstr;
using testing::Not;

class DroppedLines final : public LogSink {
 public:
  void write(LogLevel, std::string_view) override {}
};

class HsmAlarmTest : public testing::Test {
 protected:
  HsmAlarmTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kaito-hsm-alarm-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    store_ = *store::sqlite::open_store(directory_ / "kaito.db", {}, logger_);
    journal_ = *audit::Journal::open(*store_, "kaito.test/1", clock_, logger_);
    alarm_.emplace(*journal_, clock_, random_);
  }
  ~HsmAlarmTest() override {
    store_.reset();
    journal_.reset();
    std::filesystem::remove_all(directory_);
  }

  void look(WorkerPhase own, HsmConnectionState acme) {
    const Error failure{.code = Code::hsm_pin_rejected, .detail = "/etc/kaito/acme.pin"};
    sync_wait(alarm_->look({.phase = own, .failure = {}},
                           {{.name = "acme", .state = acme, .failure = failure, .orgs = {acme_, subsidiary_}},
                            {.name = "other", .state = HsmConnectionState::idle, .failure = {}, .orgs = {acme_}}}));
  }
  std::vector<store::AuditRow> rows() { return *(*store_->snapshot())->audit_rows({}); }
  std::vector<std::string> records(std::optional<OrgId> org) {
    std::vector<std::string> found;
    for (auto& row : rows())
      if (row.org == org) found.push_back(std::move(row.record));
    return found;
  }

  std::filesystem::path directory_;
  DroppedLines lines_;
  test::ManualClock clock_;
  SystemRandom random_;
  Logger logger_{lines_, clock_};
  const OrgId acme_ = OrgId::make(clock_, random_);
  const OrgId subsidiary_ = OrgId::make(clock_, random_);
  std::unique_ptr<audit::Journal> journal_;  // ends after the store
  std::unique_ptr<store::Store> store_;
  std::optional<HsmAlarm> alarm_;
};

TEST_F(HsmAlarmTest, SaysNothingOfHsmsThatAnswerOrThatNobodyHasAskedForYet) {
  look(WorkerPhase::running, HsmConnectionState::idle);
  look(WorkerPhase::running, HsmConnectionState::starting);
  look(WorkerPhase::running, HsmConnectionState::ready);
  EXPECT_EQ(journal_->size(), 0U);
}

TEST_F(HsmAlarmTest, RecordsOnceForEachOrgThatACustomersHsmIsGoneAndOnceThatItIsBack) {
  look(WorkerPhase::running, HsmConnectionState::ready);
  look(WorkerPhase::running, HsmConnectionState::unavailable);
  look(WorkerPhase::running, HsmConnectionState::refused);
  look(WorkerPhase::running, HsmConnectionState::starting);
  look(WorkerPhase::running, HsmConnectionState::ready);
  look(WorkerPhase::running, HsmConnectionState::ready);
  for (const OrgId& org : {acme_, subsidiary_})
    EXPECT_THAT(records(org), testing::ElementsAre(AllOf(HasSubstr("hsm.lost"), HasSubstr("acme"),
                                                         HasSubstr("hsm-pin-rejected"), Not(HasSubstr("/etc"))),
                                                   AllOf(HasSubstr("hsm.back"), Not(HasSubstr("reason")))));
  EXPECT_TRUE(records(std::nullopt).empty());
}

TEST_F(HsmAlarmTest, RecordsTheAppliancesOwnHsmForNoOrg) {
  look(WorkerPhase::restarting, HsmConnectionState::ready);
  look(WorkerPhase::running, HsmConnectionState::ready);
  EXPECT_THAT(records(std::nullopt), testing::ElementsAre(HasSubstr("hsm.lost"), HasSubstr("hsm.back")));
  EXPECT_EQ(journal_->size(), 2U);
}

}  // namespace
}  // namespace kaito::daemon
