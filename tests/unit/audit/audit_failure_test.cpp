// What reaches the caller when the store fails, hangs, or the process dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <latch>

#include "tests/unit/audit/gated_store.hpp"
#include "tests/unit/audit/test_log.hpp"

namespace kaito::audit {
namespace {

class StoreTrouble : public testing::Test {
 protected:
  void open(Milliseconds deadline) {
    const Status opened = log.reopen(
        [this](std::unique_ptr<store::Store> real) {
          auto decorated = std::make_unique<GatedStore>(std::move(real));
          gate = decorated.get();
          return decorated;
        },
        deadline);
    ASSERT_TRUE(opened);
  }

  TestLog log;
  GatedStore* gate = nullptr;
};

TEST_F(StoreTrouble, F62AFailedWriteIsAuditFailed) {
  open(kAuditDeadline);
  gate->failing = true;
  const auto receipt = sync_wait(log.journal->record(event_number(1)));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Code::audit_failed);
  EXPECT_EQ(traits(receipt.error().code).http_status, 503);
  const auto change =
      sync_wait(log.journal->commit(event_number(1), [](store::Writer&, Event&) -> Status { return {}; }));
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, Code::storage_failed);
}

TEST_F(StoreTrouble, F62AHangingStoreIsAuditFailedWithinTheDeadlineAndTheLateRecordStillCounts) {
  open(Milliseconds{30});
  gate->hanging = true;
  const auto before = std::chrono::steady_clock::now();
  const auto receipt = sync_wait(log.journal->record(event_number(1)));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Code::audit_failed);
  EXPECT_GE(std::chrono::steady_clock::now() - before, Milliseconds{30});
  EXPECT_EQ(log.journal->size(), 0U);

  EXPECT_EQ(gate->release().size(), 0U);
  EXPECT_EQ(log.journal->size(), 1U);
  EXPECT_TRUE(sync_wait(log.journal->record(event_number(3))));
  log.checkpoint();
  EXPECT_TRUE(verify_lines(log.export_lines(), {.pinned = {log.key()}})->ok());
}

TEST_F(StoreTrouble, F62AChangeWhoseCallerHasLeftNeverBegins) {
  open(Milliseconds{30});
  gate->hanging = true;
  bool began = false;
  const auto change = sync_wait(log.journal->commit(event_number(2), [&began](store::Writer&, Event&) -> Status {
    began = true;
    return {};
  }));
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().code, Code::deadline_exceeded);
  EXPECT_EQ(gate->release(), std::vector{Code::deadline_exceeded});
  EXPECT_FALSE(began);
  EXPECT_EQ(log.journal->size(), 0U);
}

TEST_F(StoreTrouble, F62ARunningChangeKeepsItsCallerAndHoldsUpNobodyElse) {
  open(Milliseconds{30});
  std::latch begun(1);
  std::latch answered(1);
  std::jthread changer([&] {
    bool ran = false;  // in the frame that waits
    const auto change = sync_wait(log.journal->commit(event_number(1), [&](store::Writer&, Event&) -> Status {
      begun.count_down();
      answered.wait();
      ran = true;
      return {};
    }));
    EXPECT_TRUE(ran);
    EXPECT_TRUE(change || change.error().code == Code::deadline_exceeded);
  });
  begun.wait();
  const auto receipt = sync_wait(log.journal->record(event_number(2)));
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code, Code::audit_failed);
  answered.count_down();
  changer.join();
  log.store.reset();  // its queue runs to its end
  EXPECT_EQ(log.journal->size(), 2U);
}

TEST_F(StoreTrouble, F62ManyCallersOfAHangingStoreAllGetTheirAnswer) {
  open(Milliseconds{30});
  gate->hanging = true;
  BlockingExecutor executor;
  auto many = [](Journal& journal) -> Task<int> {
    int refused = 0;
    for (int i = 0; i < 5; ++i)
      if (!co_await journal.record(event_number(static_cast<std::uint64_t>(i)))) ++refused;
    co_return refused;
  };
  EXPECT_EQ(executor.run(many(*log.journal)), 5);
  EXPECT_EQ(gate->release().size(), 0U);
  EXPECT_EQ(log.journal->size(), 5U);
}

// The child writes and tells how many records were acknowledged; it is killed while it goes on.
[[noreturn]] void write_until_killed(TestLog& log, int out) {
  if (!log.reopen()) ::_exit(1);
  for (std::uint64_t i = 0;; ++i) {
    if (!sync_wait(log.journal->record(event_number(i)))) ::_exit(2);
    if (i % 7 == 3 && log.checkpoint().empty()) ::_exit(3);
    const std::uint64_t size = log.journal->size();
    if (::write(out, &size, sizeof size) != sizeof size) ::_exit(4);
  }
}

TEST(JournalCrash, F61KeepsEveryAcknowledgedRecordAndItsTreeThroughKills) {
  TestLog log;
  for (int round = 0; round < 8; ++round) {
    log.close();  // no thread lives on into the child
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(log, pipe[1]);
    ::close(pipe[1]);
    std::uint64_t acknowledged = 0;
    for (int i = 0; i < 5 + 3 * round; ++i)
      ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    ::kill(child, SIGKILL);
    std::uint64_t more = 0;
    while (::read(pipe[0], &more, sizeof more) == static_cast<ssize_t>(sizeof more)) acknowledged = more;
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);

    const Status opened = log.reopen();
    ASSERT_TRUE(opened) << opened.error().describe();
    EXPECT_GE(log.journal->size(), acknowledged);
    log.add(1);
    log.checkpoint();
    const auto report = verify_lines(log.export_lines(), {.pinned = {log.key()}});
    ASSERT_TRUE(report->ok()) << report->failure->what;
    EXPECT_EQ(report->covered, log.journal->size());
  }
}

}  // namespace
}  // namespace kaito::audit
