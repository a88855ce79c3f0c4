// Writing: batches, savepoints, the observer, snapshots.
#include <latch>
#include <thread>

#include "tests/unit/store/store_contract.hpp"

namespace kaito::store {
namespace {

using samples::nth;

// Blocks the first batch at its end until it is told to go on, and counts.
class Watcher final : public BatchObserver {
 public:
  Status before_commit(Writer& writer) override {
    if (refuse_next.exchange(false)) return fail(Code::audit_failed, "the observer says no");
    if (batches++ == 0) {
      first_is_here.count_down();
      go_on.wait();
    }
    return writer.put_meta("batch", as_bytes(std::to_string(batches)));
  }
  void committed() override { ++commits; }
  void rolled_back() override { ++roll_backs; }

  std::latch first_is_here{1};
  std::latch go_on{1};
  std::atomic<bool> refuse_next{false};
  std::atomic<int> batches{0};
  std::atomic<int> commits{0};
  std::atomic<int> roll_backs{0};
};

TEST_P(StoreContract, WritersThatWaitShareOneCommit) {
  constexpr std::uint32_t kJobs = 200;
  Watcher watcher;
  store().observe(watcher);
  std::vector<Future<Result<void>>> futures;
  futures.push_back(store().write([](Writer& writer) { return writer.insert(samples::org(1)); }, JobKind::change));
  watcher.first_is_here.wait();
  for (std::uint32_t n = 2; n <= kJobs; ++n)
    futures.push_back(store().write([n](Writer& writer) { return writer.insert(samples::org(n)); }, JobKind::change));
  watcher.go_on.count_down();
  for (auto& future : futures) EXPECT_DONE(sync_wait(samples::await(std::move(future))));
  EXPECT_EQ(watcher.commits, 2);
  EXPECT_EQ(store().statistics().batches, 2U);
  EXPECT_EQ(store().statistics().jobs, kJobs);
  EXPECT_EQ(snapshot()->meta("batch").value(), Bytes{'2'});
}

TEST_P(StoreContract, AJobThatFailsTakesNoOtherAlong) {
  Watcher watcher;
  store().observe(watcher);
  auto first = store().write([](Writer& writer) { return writer.insert(samples::org(1)); }, JobKind::change);
  watcher.first_is_here.wait();
  auto good = store().write([](Writer& writer) { return writer.insert(samples::org(2)); }, JobKind::change);
  auto bad = store().write(
      [](Writer& writer) -> Status {
        KAITO_CHECK(writer.insert(samples::org(3)));
        KAITO_CHECK(writer.insert(samples::seed(3, 1)));
        return fail(Code::forbidden, "changed its mind");
      },
      JobKind::change);
  auto record = store().write([](Writer& writer) { return writer.append_audit(samples::audit(7)); }, JobKind::record);
  auto after = store().write([](Writer& writer) { return writer.insert(samples::org(4)); }, JobKind::change);
  watcher.go_on.count_down();
  EXPECT_DONE(sync_wait(samples::await(std::move(first))));
  EXPECT_DONE(sync_wait(samples::await(std::move(good))));
  EXPECT_CODE(sync_wait(samples::await(std::move(bad))), Code::forbidden);
  EXPECT_CODE(sync_wait(samples::await(std::move(record))), Code::conflict);
  EXPECT_DONE(sync_wait(samples::await(std::move(after))));
  EXPECT_EQ(watcher.commits, 2);
  const auto reader = snapshot();
  EXPECT_TRUE(reader->org(nth<OrgId>(2)).value());
  EXPECT_FALSE(reader->org(nth<OrgId>(3)).value());
  EXPECT_TRUE(reader->org(nth<OrgId>(4)).value());
}

TEST_P(StoreContract, F62WhenTheObserverRefusesNothingOfTheBatchStays) {
  Watcher watcher;
  watcher.go_on.count_down();
  store().observe(watcher);
  watcher.refuse_next = true;
  EXPECT_CODE(write([](Writer& writer) { return writer.insert(samples::org(1)); }), Code::audit_failed);
  EXPECT_EQ(watcher.roll_backs, 1);
  EXPECT_EQ(watcher.commits, 0);
  EXPECT_FALSE(snapshot()->org(nth<OrgId>(1)).value());
  EXPECT_FALSE(store().statistics().failed);
  EXPECT_DONE(write([](Writer& writer) { return writer.insert(samples::org(1)); }));
}

TEST_P(StoreContract, ARecordThatFailsAfterAChangeFailsItsBatch) {
  EXPECT_CODE(write(
                  [](Writer& writer) -> Status {
                    KAITO_CHECK(writer.insert(samples::org(1)));
                    return fail(Code::forbidden, "too late");
                  },
                  JobKind::record),
              Code::forbidden);
  EXPECT_FALSE(snapshot()->org(nth<OrgId>(1)).value());
  EXPECT_DONE(write([](Writer& writer) { return writer.insert(samples::org(2)); }));
}

TEST_P(StoreContract, ASnapshotStaysWhatItWasAtItsFirstRead) {
  insert(samples::org(1));
  const auto before = snapshot();
  EXPECT_TRUE(before->org(nth<OrgId>(1)).value());
  insert(samples::org(2));
  EXPECT_DONE(write([](Writer& writer) { return writer.remove_org({.org = nth<OrgId>(1)}); }));
  EXPECT_TRUE(before->org(nth<OrgId>(1)).value());
  EXPECT_FALSE(before->org(nth<OrgId>(2)).value());
  EXPECT_FALSE(snapshot()->org(nth<OrgId>(1)).value());
  EXPECT_TRUE(snapshot()->org(nth<OrgId>(2)).value());
}

TEST_P(StoreContract, ACompletedWriteIsSeenByTheNextSnapshotOfAnyThread) {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kEach = 50;
  insert(samples::org(1));
  std::atomic<int> missed{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (std::uint32_t i = 0; i < kEach; ++i) {
          const std::uint32_t n = t * kEach + i + 1;
          if (!write([n](Writer& writer) { return writer.insert(samples::seed(1, n)); })) ++missed;
          if (const auto seen = snapshot()->seed(nth<OrgId>(1), nth<SeedId>(n)); !seen || !*seen) ++missed;
        }
      });
  }
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(snapshot()->seed_count(nth<OrgId>(1)).value(), kThreads * kEach);
}

TEST_P(StoreContract, ABulkJobWaitsForAllOthersAndOneTransactionTakesOne) {
  std::latch running{1};
  std::latch go_on{1};
  std::string order;  // the writer's own until all are done
  const auto add = [&](char name, JobKind kind) {
    return store().write(
        [&order, name](Writer&) {
          order += name;
          return Status{};
        },
        kind);
  };
  std::vector<Future<Result<void>>> futures;
  futures.push_back(store().write(
      [&](Writer&) {
        running.count_down();
        go_on.wait();
        return Status{};
      },
      JobKind::record));
  running.wait();
  std::optional<Future<Result<void>>> late;
  futures.push_back(store().write(
      [&](Writer&) {
        order += '1';
        late = add('d', JobKind::change);  // comes while a bulk job runs, and goes before the next one
        return Status{};
      },
      JobKind::bulk));
  for (const char name : {'2', '3'}) futures.push_back(add(name, JobKind::bulk));
  futures.push_back(add('a', JobKind::change));
  futures.push_back(add('b', JobKind::record));
  go_on.count_down();
  for (auto& future : futures) EXPECT_DONE(sync_wait(samples::await(std::move(future))));
  ASSERT_TRUE(late);
  EXPECT_DONE(sync_wait(samples::await(*std::move(late))));
  EXPECT_EQ(order, "ab1d23");
}

TEST_P(StoreContract, F4JobsThatWereAcceptedAreDoneBeforeTheStoreEnds) {
  std::vector<Future<Result<void>>> futures;
  for (std::uint32_t n = 1; n <= 50; ++n)
    futures.push_back(store().write([n](Writer& writer) { return writer.insert(samples::org(n)); }, JobKind::change));
  reopen();
  for (auto& future : futures) EXPECT_DONE(sync_wait(samples::await(std::move(future))));
  EXPECT_EQ(snapshot()->orgs({}).value().rows.size(), 50U);
}

}  // namespace

}  // namespace kaito::store
