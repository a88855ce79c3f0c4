// Coroutines. Task<T> is a lazy, move-only coroutine that is awaited once. An operation that ends on another thread
// (the HSM worker, the store's writer) hands out a Future<T>; awaiting it suspends the Task and resumes it on the
// executor of the thread that awaited, so a request stays on one I/O thread from accept to reply.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "appliance/base/invariant.hpp"
#include "appliance/base/result.hpp"

namespace kaito {

// Where suspended work goes on. An I/O thread sets itself as its current executor.
class Executor {
 public:
  virtual ~Executor() = default;
  // Thread-safe, does not run `work` before it returns. `work` must not throw.
  virtual void post(std::move_only_function<void()> work) = 0;

  // The calling thread's executor; null on a thread that has none.
  static Executor* current() noexcept;

  // Makes `executor` the calling thread's for the scope.
  class Scope {
   public:
    explicit Scope(Executor& executor) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* before_;
  };
};

template <class T>
class Task;

namespace detail {

struct FinalAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
    return self.promise().continuation ? self.promise().continuation : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct TaskPromiseBase {
  std::coroutine_handle<> continuation;
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
  // A library's exception must be turned into a Result at its boundary; one that arrives here is a defect.
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return *std::move(value); }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
        handle.promise().continuation = caller;
        return handle;
      }
      T await_resume() const { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

// A coroutine that nobody awaits; frees itself at its end.
struct Detached {
  struct promise_type {
    [[nodiscard]] Detached get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};
}  // namespace detail

// Starts the task on the calling thread; `done` gets the result on the executor where the task ends.
template <class T, class Done>
void spawn(Task<T> task, Done done) {
  [](Task<T> running, Done finish) -> detail::Detached {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(running);
      finish();
    } else {
      finish(co_await std::move(running));
    }
  }(std::move(task), std::move(done));
}

namespace detail {

template <class T>
class FutureState {
 public:
  // The first value wins; a later one is dropped.
  void set(T value) {
    if (claimed_.test_and_set(std::memory_order_acq_rel)) return;
    value_.emplace(std::move(value));
    // acq_rel: publishes value_, and sees the waiter when there is one.
    if (phase_.exchange(kDone, std::memory_order_acq_rel) == kWaiting) resume();
  }
  [[nodiscard]] bool ready() const noexcept { return phase_.load(std::memory_order_acquire) == kDone; }
  // False when the value has come meanwhile and the caller goes on at once.
  bool wait(std::coroutine_handle<> waiter) noexcept {
    executor_ = Executor::current();
    KAITO_INVARIANT(executor_ != nullptr);
    waiter_ = waiter;
    int expected = kEmpty;
    return phase_.compare_exchange_strong(expected, kWaiting, std::memory_order_acq_rel);
  }
  T take() { return *std::move(value_); }

 private:
  void resume() {
    executor_->post([waiter = waiter_] { waiter.resume(); });
  }
  static constexpr int kEmpty = 0;
  static constexpr int kWaiting = 1;
  static constexpr int kDone = 2;
  std::atomic_flag claimed_;
  std::atomic<int> phase_{kEmpty};
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
  Executor* executor_ = nullptr;
};

}  // namespace detail

// A second, weak sending end of a Future<T>, for who bounds the wait: the first value wins, the other is dropped.
// Thread-safe.
template <class T>
class FutureWatch {
 public:
  explicit FutureWatch(std::weak_ptr<detail::FutureState<T>> state) noexcept : state_(std::move(state)) {}
  // True when the value has come, or nobody waits for it.
  [[nodiscard]] bool settled() const noexcept {
    const auto state = state_.lock();
    return !state || state->ready();
  }
  void settle(T value) const {
    if (const auto state = state_.lock()) state->set(std::move(value));
  }

 private:
  std::weak_ptr<detail::FutureState<T>> state_;
};

// The receiving end; awaited once.
template <class T>
class [[nodiscard]] Future {
 public:
  explicit Future(std::shared_ptr<detail::FutureState<T>> state) noexcept : state_(std::move(state)) {}
  [[nodiscard]] bool await_ready() const noexcept { return state_->ready(); }
  bool await_suspend(std::coroutine_handle<> waiter) const noexcept { return state_->wait(waiter); }
  T await_resume() { return state_->take(); }
  [[nodiscard]] FutureWatch<T> watch() const noexcept { return FutureWatch<T>(state_); }

 private:
  std::shared_ptr<detail::FutureState<T>> state_;
};

// The sending end of a Future<Result<V>>. Set once, from any thread. Dropped unset, it delivers Code::internal: a
// waiter is never left hanging.
template <class V>
class Completer {
 public:
  using Value = Result<V>;
  explicit Completer(std::shared_ptr<detail::FutureState<Value>> state) noexcept : state_(std::move(state)) {}
  Completer(Completer&&) noexcept = default;
  Completer& operator=(Completer&&) = delete;
  Completer(const Completer&) = delete;
  Completer& operator=(const Completer&) = delete;
  ~Completer() {
    if (state_) state_->set(fail(Code::internal, "operation was dropped"));
  }
  void set(Value value) { std::exchange(state_, nullptr)->set(std::move(value)); }

 private:
  std::shared_ptr<detail::FutureState<Value>> state_;
};

template <class V>
std::pair<Future<Result<V>>, Completer<V>> make_future() {
  auto state = std::make_shared<detail::FutureState<Result<V>>>();
  return {Future<Result<V>>(state), Completer<V>(state)};
}

// Runs a task to its end on the calling thread, which must not have an executor yet. For start-up, tools and tests.
class BlockingExecutor final : public Executor {
 public:
  BlockingExecutor();
  ~BlockingExecutor() override;
  void post(std::move_only_function<void()> work) override;

  template <class T>
  T run(Task<T> task) {
    const Scope scope(*this);
    if constexpr (std::is_void_v<T>) {
      bool done = false;
      spawn(std::move(task), [&done] { done = true; });
      run_until(done);
    } else {
      std::optional<T> result;
      bool done = false;
      spawn(std::move(task), [&](T value) {
        result.emplace(std::move(value));
        done = true;
      });
      run_until(done);
      return *std::move(result);
    }
  }

 private:
  void run_until(const bool& done);
  struct Queue;
  std::unique_ptr<Queue> queue_;
};

template <class T>
T sync_wait(Task<T> task) {
  BlockingExecutor executor;
  return executor.run(std::move(task));
}

}  // namespace kaito
