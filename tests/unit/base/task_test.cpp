#include "appliance/base/task.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kaito {
namespace {

Task<int> doubled(Task<int> inner) { co_return 2 * co_await std::move(inner); }
Task<int> constant(int value) { co_return value; }

TEST(Task, ReturnsTheValueOfANestedTask) { EXPECT_EQ(sync_wait(doubled(constant(21))), 42); }

TEST(Task, ResumesOnTheExecutorOfTheThreadThatAwaited) {
  auto [future, completer] = make_future<int>();
  std::jthread other([sender = std::move(completer)]() mutable { sender.set(7); });
  const auto waiting_thread = std::this_thread::get_id();
  auto task = [](Future<Result<int>> awaited) -> Task<std::pair<int, std::thread::id>> {
    const auto value = co_await awaited;
    co_return std::pair{*value, std::this_thread::get_id()};
  }(std::move(future));
  const auto [value, thread] = sync_wait(std::move(task));
  EXPECT_EQ(value, 7);
  EXPECT_EQ(thread, waiting_thread);
}

TEST(Task, DroppedCompleterDeliversAnErrorInsteadOfHanging) {
  auto task = []() -> Task<Result<int>> {
    auto [future, completer] = make_future<int>();
    {
      const auto dropped = std::move(completer);
    }
    co_return co_await future;
  }();
  const auto result = sync_wait(std::move(task));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::internal);
}

TEST(Task, AWatchEndsTheWaitAndTheLateValueIsDropped) {
  auto [future, completer] = make_future<int>();
  const auto watch = future.watch();
  EXPECT_FALSE(watch.settled());
  std::jthread other([watch] { watch.settle(fail(Code::deadline_exceeded, "too late")); });
  auto task = [](Future<Result<int>> awaited) -> Task<Result<int>> { co_return co_await awaited; }(std::move(future));
  const auto result = sync_wait(std::move(task));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::deadline_exceeded);
  EXPECT_TRUE(watch.settled());
  completer.set(7);
}

TEST(Task, ManyCompletionsFromAnotherThreadAllArrive) {
  constexpr int kCount = 2000;
  std::vector<Completer<int>> completers;
  std::vector<Future<Result<int>>> futures;
  for (int i = 0; i < kCount; ++i) {
    auto [future, completer] = make_future<int>();
    futures.push_back(std::move(future));
    completers.push_back(std::move(completer));
  }
  std::jthread other([&completers] {
    for (int i = 0; i < kCount; ++i) completers[static_cast<std::size_t>(i)].set(i);
  });
  auto task = [](std::vector<Future<Result<int>>>& all) -> Task<long> {
    long sum = 0;
    for (auto& future : all) sum += *co_await future;
    co_return sum;
  }(futures);
  EXPECT_EQ(sync_wait(std::move(task)), static_cast<long>(kCount) * (kCount - 1) / 2);
}

}  // namespace
}  // namespace kaito
