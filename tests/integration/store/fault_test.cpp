#include <gtest/gtest.h>

#include <semaphore>

#include "appliance/store/sqlite/sqlite_keyring.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"
#include "tests/fakes/faulty_vfs/faulty_vfs.hpp"
#include "tests/integration/store/check_integrity.hpp"
#include "tests/unit/store/store_contract.hpp"

namespace kaito::store::sqlite {
namespace {

using fakes::DiskCall;
using fakes::DiskFault;
using samples::nth;

constexpr std::uint32_t kJobs = 30;

// One life of a store on a disk that fails once: what came of it.
struct Life {
  bool opened = false;
  std::vector<std::uint32_t> acknowledged;
  std::vector<Code> refusals;  // in order
  bool fired_before_close = false;
  bool failed = false;
  bool reads_worked = true;
};

using FaultParameter = std::pair<DiskCall, DiskFault>;

std::string name_of(const testing::TestParamInfo<FaultParameter>& info) {
  constexpr const char* kCalls[] = {"Write", "Sync", "Truncate"};
  constexpr const char* kFaults[] = {"IoError", "ShortWrite", "NoSpace"};
  return std::string(kCalls[static_cast<int>(info.param.first)]) + kFaults[static_cast<int>(info.param.second)];
}

class SqliteFault : public testing::TestWithParam<FaultParameter> {
 protected:
  // Opens, adds orgs one by one with checkpoints in between, closes.
  Life live(const std::filesystem::path& path) {
    Life life;
    auto store = open_store(path, {.checkpoint_pages = 4, .vfs = vfs_.name()}, log_.logger());
    if (!store) {
      life.refusals.push_back(store.error().code);
      return life;
    }
    life.opened = true;
    for (std::uint32_t n = 1; n <= kJobs; ++n) {
      const Status done = samples::write(**store, [n](Writer& writer) -> Status {
        KAITO_CHECK(writer.insert(samples::org(n)));
        KAITO_CHECK(writer.put_meta("filling", Bytes(9000, static_cast<std::uint8_t>(n))));
        KAITO_TRY(const std::uint64_t sequence, writer.audit_size());
        return writer.append_audit(samples::audit(sequence));
      });
      if (done) {
        life.acknowledged.push_back(n);
      } else {
        life.refusals.push_back(done.error().code);
      }
      const auto reader = (*store)->snapshot();
      if (!reader || !(*reader)->audit_size()) life.reads_worked = false;
    }
    life.fired_before_close = vfs_.fired();
    // Behind this job, a checkpoint that was under way has ended and been judged.
    std::ignore = samples::write(**store, [](Writer&) { return Status{}; });
    life.failed = (*store)->statistics().failed;
    return life;
  }

  void expect_nothing_lost(const std::filesystem::path& path, const Life& life) {
    {
      auto store = open_store(path, {}, log_.logger());
      ASSERT_TRUE(store) << store.error().describe();
      const auto reader = (*store)->snapshot().value();
      for (const std::uint32_t n : life.acknowledged)
        ASSERT_TRUE(reader->org(nth<OrgId>(n)).value()) << "org " << n << " was acknowledged and is lost";
      ASSERT_EQ(reader->audit_size().value(), reader->orgs({.limit = 1000, .cursor = {}}).value().rows.size());
    }
    ASSERT_EQ(integrity_of(path), "ok");
  }

  samples::SilentLog log_;
  fakes::FaultyVfs vfs_{"faulty"};
};

// Every call in the long form; in the short one every call of the opening, and then every twelfth.
int step_after(int n) { return std::getenv("KAITO_LONG") || n < 30 ? 1 : 12; }

TEST_P(SqliteFault, F26NothingAcknowledgedIsLostAndNothingIsTriedAgain) {
  const auto [call, fault] = GetParam();
  int fired = 0;
  for (int n = 1; n < 2000; n += step_after(n)) {
    SCOPED_TRACE("fault at call " + std::to_string(n));
    const samples::TemporaryDirectory directory(samples::memory_volume());
    const auto path = directory.path() / "store.db";
    vfs_.arm(call, n, fault);
    const Life life = live(path);
    if (!vfs_.fired()) break;
    ++fired;
    if (fault == DiskFault::no_space) {
      // The space came back at once: no more than the one batch was refused, and the store is in service.
      EXPECT_FALSE(life.failed);
      EXPECT_LE(life.refusals.size(), 1U);
      for (const Code code : life.refusals) EXPECT_EQ(code, Code::storage_full);
      if (life.opened) EXPECT_GE(life.acknowledged.size(), kJobs - 1);
    } else {
      // The first refusal is for good, and the disk was left alone from then on. (While opening, the creation of the
      // file may still be rolled back.)
      if (life.opened) EXPECT_EQ(vfs_.calls_after_fault(), 0);
      if (life.fired_before_close) EXPECT_TRUE(life.failed);
      EXPECT_EQ(life.acknowledged.size() + life.refusals.size(), life.opened ? kJobs : 1U);
      for (const Code code : life.refusals) EXPECT_EQ(code, Code::storage_failed);
      for (std::size_t i = 0; i < life.acknowledged.size(); ++i) EXPECT_EQ(life.acknowledged[i], i + 1);
    }
    EXPECT_TRUE(life.reads_worked);
    expect_nothing_lost(path, life);
    if (HasFailure()) break;
  }
  EXPECT_GT(fired, 0);
  RecordProperty("faults", fired);
}

INSTANTIATE_TEST_SUITE_P(Disk, SqliteFault,
                         testing::Values(std::pair{DiskCall::write, DiskFault::io_error},
                                         std::pair{DiskCall::write, DiskFault::short_write},
                                         std::pair{DiskCall::write, DiskFault::no_space},
                                         std::pair{DiskCall::sync, DiskFault::io_error},
                                         std::pair{DiskCall::truncate, DiskFault::io_error}),
                         name_of);

// A sync that takes as long as the test wants.
class SlowSync : public testing::Test {
 protected:
  // With its log's head written: SQLite syncs that by itself.
  std::unique_ptr<Store> open_begun_log() {
    auto store = open_store(directory_.path() / "store.db", {.vfs = vfs_.name()}, log_.logger()).value();
    EXPECT_DONE(samples::write(*store, [](Writer& writer) { return writer.put_meta("key", Bytes(10)); }));
    return store;
  }
  Future<Result<void>> add(Store& store, std::uint32_t n) {
    return store.write(
        [this, n](Writer& writer) {
          ran_.release();
          return writer.insert(samples::org(n));
        },
        JobKind::change);
  }
  static bool present(Store& store, std::uint32_t n) {
    return store.snapshot().value()->org(nth<OrgId>(n)).value().has_value();
  }

  void await_runs(int jobs) {
    for (int i = 0; i < jobs; ++i) ran_.acquire();
  }

  static constexpr std::uint32_t kJobs = 9;
  static constexpr int kSurelyRun = 2;  // the first, and the one that the writer wakes for
  std::counting_semaphore<> ran_{0};
  samples::SilentLog log_;
  samples::TemporaryDirectory directory_;
  fakes::FaultyVfs vfs_{"slow"};
};

TEST_F(SlowSync, TheNextBatchIsFilledMeanwhileAndNobodyIsToldBeforeItsSync) {
  auto store = open_begun_log();
  vfs_.hold_syncs();
  std::vector<Future<Result<void>>> jobs;
  jobs.push_back(add(*store, 1));
  vfs_.await_held_sync();
  for (std::uint32_t n = 2; n <= kJobs; ++n) jobs.push_back(add(*store, n));
  await_runs(kSurelyRun);  // while the first one's sync still waits
  EXPECT_FALSE(present(*store, kJobs)) << "the second batch was committed before the first one was durable";
  for (auto& job : jobs) EXPECT_FALSE(job.await_ready());
  vfs_.let_go();
  for (auto& job : jobs) EXPECT_DONE(sync_wait(samples::await(std::move(job))));
  EXPECT_EQ(store->statistics().batches, 3U);
  for (std::uint32_t n = 1; n <= kJobs; ++n) EXPECT_TRUE(present(*store, n)) << n;
}

TEST_F(SlowSync, F26AFailedSyncFailsItsBatchAndTheOneThatWasFilledMeanwhile) {
  auto store = open_begun_log();
  vfs_.arm(DiskCall::sync, 1, DiskFault::io_error);
  vfs_.hold_syncs();
  std::vector<Future<Result<void>>> jobs;
  jobs.push_back(add(*store, 1));
  vfs_.await_held_sync();
  for (std::uint32_t n = 2; n <= kJobs; ++n) jobs.push_back(add(*store, n));
  await_runs(kSurelyRun);
  vfs_.let_go();
  for (auto& job : jobs) EXPECT_CODE(sync_wait(samples::await(std::move(job))), Code::storage_failed);
  EXPECT_TRUE(store->failed());
  EXPECT_EQ(vfs_.calls_after_fault(), 0);
  for (std::uint32_t n = 2; n <= kJobs; ++n) EXPECT_FALSE(present(*store, n)) << n;
}

class KeyringFault : public SqliteFault {};

TEST_P(KeyringFault, F26NothingAcknowledgedIsLost) {
  const auto [call, fault] = GetParam();
  int fired = 0;
  for (int n = 1; n < 500; ++n) {
    SCOPED_TRACE("fault at call " + std::to_string(n));
    const samples::TemporaryDirectory directory(samples::memory_volume());
    const auto path = directory.path() / "keyring.db";
    std::vector<std::uint32_t> inserted;
    std::vector<std::uint32_t> removed;
    vfs_.arm(call, n, fault);
    if (auto keyring = open_keyring(path, vfs_.name())) {
      for (std::uint32_t org = 1; org <= 6; ++org)
        if ((*keyring)->insert({.org = nth<OrgId>(org), .version = 1, .platform_version = 1, .blob = Bytes(61, 1)}))
          inserted.push_back(org);
      for (const std::uint32_t org : {2U, 4U})
        if ((*keyring)->remove(nth<OrgId>(org))) removed.push_back(org);
    }
    if (!vfs_.fired()) break;
    ++fired;
    auto keyring = open_keyring(path);
    ASSERT_TRUE(keyring) << keyring.error().describe();
    for (const std::uint32_t org : inserted)
      if (org != 2 && org != 4) EXPECT_TRUE((*keyring)->find(nth<OrgId>(org), 1).value()) << org;
    for (const std::uint32_t org : removed) EXPECT_FALSE((*keyring)->find(nth<OrgId>(org), 1).value()) << org;
    if (HasFailure()) break;
  }
  EXPECT_GT(fired, 0);
}

INSTANTIATE_TEST_SUITE_P(Disk, KeyringFault,
                         testing::Values(std::pair{DiskCall::write, DiskFault::io_error},
                                         std::pair{DiskCall::write, DiskFault::no_space},
                                         std::pair{DiskCall::sync, DiskFault::io_error}),
                         name_of);

}  // namespace
}  // namespace kaito::store::sqlite
