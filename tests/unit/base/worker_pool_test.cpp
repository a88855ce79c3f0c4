#include "appliance/base/worker_pool.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <string>

namespace kaito {
namespace {

OrgId org(std::uint8_t n) { return OrgId(UuidBytes{n}); }

// One thread, held up until go(), so that what is submitted before has to wait.
class WorkerPoolTest : public testing::Test {
 protected:
  WorkerPoolTest() {
    held_.emplace(pool_.run({}, [this]() -> Result<int> {
      begun_.count_down();
      go_.wait();
      return 0;
    }));
    begun_.wait();
  }
  ~WorkerPoolTest() override {
    if (!gone_) go();
  }

  Future<Result<int>> submit(std::optional<OrgId> whose, char name) {
    return pool_.run(whose, [this, name]() -> Result<int> {
      order_.push_back(name);
      return name;
    });
  }
  void go() {
    gone_ = true;
    go_.count_down();
  }
  static Task<Result<int>> await(Future<Result<int>> future) { co_return co_await std::move(future); }
  static Result<int> outcome(Future<Result<int>> future) { return sync_wait(await(std::move(future))); }

  std::string order_;  // by the pool's thread; read when it has ended its work
  std::latch begun_{1};
  std::latch go_{1};
  bool gone_ = false;
  WorkerPool pool_{1, 4};
  std::optional<Future<Result<int>>> held_;
};

TEST_F(WorkerPoolTest, AnOrgFillsHalfTheQueueAndLeavesTheRestToOthers) {
  auto first = submit(org(1), 'a');
  auto second = submit(org(1), 'b');
  EXPECT_EQ(outcome(submit(org(1), 'c')).error().code, Code::rate_limited);
  auto other = submit(org(2), 'd');
  auto appliance = submit({}, 'e');
  EXPECT_EQ(outcome(submit(org(3), 'f')).error().code, Code::rate_limited) << "the queue is full";
  go();
  EXPECT_EQ(outcome(std::move(first)), 'a');
  EXPECT_EQ(outcome(std::move(second)), 'b');
  EXPECT_EQ(outcome(std::move(other)), 'd');
  EXPECT_EQ(outcome(std::move(appliance)), 'e');
}

TEST_F(WorkerPoolTest, OrgsThatWaitTakeTurns) {
  auto first = submit(org(1), 'a');
  auto second = submit(org(1), 'b');
  auto other = submit(org(2), 'c');
  go();
  for (auto* one : {&first, &second, &other}) EXPECT_TRUE(outcome(std::move(*one)));
  EXPECT_EQ(order_, "acb");
}

}  // namespace
}  // namespace kaito
