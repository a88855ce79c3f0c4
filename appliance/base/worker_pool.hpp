// A few threads for work that takes long (key derivation, parsing of large files), so that no I/O thread does it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "appliance/base/ids.hpp"
#include "appliance/base/task.hpp"

namespace kaito {

// Thread-safe. At its end it finishes what has been taken on.
class WorkerPool {
 public:
  // `queue_limit`: pieces of work that may wait; half of them, at least one, on behalf of the same org.
  WorkerPool(unsigned threads, std::size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` on a thread of the pool; the future resumes on the awaiting thread's executor. Code::rate_limited when
  // too much is waiting, for this org or for all. Orgs that wait take turns. `org` is absent for work that concerns the
  // appliance. `work` returns Result<T> and owns what it needs.
  template <class Work>
  auto run(std::optional<OrgId> org, Work work) -> Future<std::invoke_result_t<Work>> {
    using Value = typename std::invoke_result_t<Work>::value_type;
    auto [future, completer] = make_future<Value>();
    auto shared = std::make_shared<Completer<Value>>(std::move(completer));
    if (!submit(org, [shared, task = std::move(work)]() mutable { shared->set(task()); }))
      shared->set(fail(Code::rate_limited, "too much work is waiting"));
    return std::move(future);
  }

 private:
  struct Waiting {
    std::optional<OrgId> org;
    std::move_only_function<void()> work;
  };
  bool submit(std::optional<OrgId> org, std::move_only_function<void()> work);
  Waiting take_locked();  // there is one
  void serve();

  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Waiting> queue_;
  std::optional<OrgId> last_;  // whose work was taken last
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kaito
