// What happens to callers when the worker dies, hangs or is busy.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "hsm/client/client.hpp"
#include "hsm/client/one_shot.hpp"
#include "tests/integration/hsm/softhsm_token.hpp"

namespace kaito::hsm::test {
namespace {

using std::chrono::steady_clock;

class Supervision : public ::testing::Test {
 protected:
  void start(const ClientConfig& config) {
    auto started = Client::start(config, clock_, logger_);
    ASSERT_TRUE(started) << started.error().describe();
    client_ = *std::move(started);
    if (kek_) return;
    ASSERT_TRUE(wait_for(client_->create_platform_kek(1)));
    auto wrapped = wait_for(client_->create_org_kek(1, {}));
    ASSERT_TRUE(wrapped);
    kek_ = std::make_shared<OrgKek>(OrgKek{.wrapped = *wrapped});
    std::vector<DekToWrap> list;
    list.push_back({.dek = dek_.duplicate(), .aad = {}});
    dek_wrapped_ = *wait_for(client_->wrap_deks(kek_, std::move(list)))->front();
  }

  Result<Dek> unwrap() { return wait_for(client_->unwrap_dek(kek_, dek_wrapped_, {})); }

  // Asks until the answer is right again; how long that took.
  Milliseconds time_to_recover() {
    const auto begin = steady_clock::now();
    while (!unwrap() && steady_clock::now() - begin < Seconds(60)) std::this_thread::yield();
    return std::chrono::duration_cast<Milliseconds>(steady_clock::now() - begin);
  }

  SoftHsmToken token_;
  SystemClock clock_;
  SystemRandom random_;
  CapturedLog log_;
  Logger logger_{log_, clock_};
  std::unique_ptr<Client> client_;
  OrgKekRef kek_;
  Dek dek_ = Dek::random(kDekSize, random_);
  WrappedDek dek_wrapped_;
};

TEST_F(Supervision, F5AnswersEveryCallAndIsBackWithinFiveSecondsWhenTheWorkerIsKilledUnderLoad) {
  start(token_.config());
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> right{0};
  std::atomic<std::uint64_t> unavailable{0};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      while (!stop) {
        const auto result = unwrap();
        if (result)
          ++(*result == dek_ ? right : wrong);
        else
          ++(result.error().code == Code::hsm_unavailable ? unavailable : wrong);
      }
    });
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t before = right;
    while (right < before + 20) std::this_thread::yield();
    ASSERT_EQ(::kill(client_->state().pid, SIGKILL), 0);
    // The kill is asynchronous: first the old worker has to be missed.
    while (client_->state().crashes < static_cast<std::uint64_t>(round + 1)) std::this_thread::yield();
    EXPECT_LE(time_to_recover(), Seconds(5));
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(unavailable, 0u);
  EXPECT_EQ(client_->state().starts, 6u);
}

TEST_F(Supervision, F7KillsAWorkerThatHangsAndServesAgain) {
  auto config = token_.config();
  start(config);
  client_.reset();
  config.call_deadline = Milliseconds(400);
  start(config);
  ASSERT_TRUE(unwrap());
  const pid_t hung = client_->state().pid;
  ASSERT_EQ(::kill(hung, SIGSTOP), 0);
  const auto begin = steady_clock::now();
  const auto result = unwrap();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::hsm_unavailable);
  EXPECT_LT(steady_clock::now() - begin, Seconds(5));
  EXPECT_LE(time_to_recover(), Seconds(5));
  EXPECT_GE(client_->state().hangs, 1u);
  EXPECT_NE(client_->state().pid, hung);
  EXPECT_EQ(::kill(hung, 0), -1);
}

TEST_F(Supervision, F11ServesAHundredCallersThroughOneSession) {
  start(token_.config());
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 100; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const auto result = unwrap();
        if (result && *result == dek_) ++right;
      }
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(right, 1000);
  EXPECT_EQ(client_->state().outstanding, 0u);
}

TEST_F(Supervision, F11RefusesCallsOverTheBoundAndAnswersTheOthers) {
  auto config = token_.config();
  config.max_outstanding = 4;
  start(config);
  ASSERT_EQ(::kill(client_->state().pid, SIGSTOP), 0);
  std::vector<Future<Result<Dek>>> futures;
  for (int i = 0; i < 10; ++i) futures.push_back(client_->unwrap_dek(kek_, dek_wrapped_, {}));
  ASSERT_EQ(::kill(client_->state().pid, SIGCONT), 0);
  int right = 0;
  int refused = 0;
  for (auto& future : futures) {
    const auto result = wait_for(std::move(future));
    if (result)
      ++right;
    else if (result.error().code == Code::hsm_unavailable)
      ++refused;
  }
  EXPECT_EQ(right, 4);
  EXPECT_EQ(refused, 6);
}

TEST_F(Supervision, AnswersWhatWasAskedBeforeItStops) {
  start(token_.config());
  std::vector<Future<Result<Dek>>> futures;
  for (int i = 0; i < 500; ++i) futures.push_back(client_->unwrap_dek(kek_, dek_wrapped_, {}));
  client_->stop();
  for (auto& future : futures) EXPECT_TRUE(wait_for(std::move(future)));
  EXPECT_EQ(client_->state().phase, WorkerPhase::stopped);
  EXPECT_EQ(unwrap().error().code, Code::hsm_unavailable);
}

TEST_F(Supervision, StopsWithinItsDeadlineWhenTheWorkerHangs) {
  auto config = token_.config();
  start(config);
  client_.reset();
  config.call_deadline = Milliseconds(300);
  start(config);
  const pid_t pid = client_->state().pid;
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  client_->stop();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(Supervision, TheWorkerDoesNotOutliveItsClient) {
  start(token_.config());
  const pid_t pid = client_->state().pid;
  client_.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(Supervision, F8TriesAPinThatWasChangedMeanwhileOnceAndStops) {
  start(token_.config());
  token_.write_pin("wrong-horse-0000");
  ASSERT_EQ(::kill(client_->state().pid, SIGKILL), 0);
  while (client_->state().phase != WorkerPhase::failed) std::this_thread::yield();
  ASSERT_TRUE(client_->state().failure);
  EXPECT_EQ(client_->state().failure->code, Code::hsm_pin_rejected);
  EXPECT_EQ(unwrap().error().code, Code::hsm_pin_rejected);
  EXPECT_EQ(client_->state().starts, 2u);
}

TEST(RawSpeed, IsMeasuredInAWorkerOfItsOwn) {
  const SoftHsmToken token;
  const auto speed = measure_raw_speed(token.config(), Milliseconds(50));
  ASSERT_TRUE(speed) << speed.error().describe();
  EXPECT_GT(speed->decrypts, 100);
  EXPECT_GT(speed->recrypts, 50);
}

}  // namespace
}  // namespace kaito::hsm::test
