// The real store behind a gate: writes can be made to hang, or to fail as they do after a failed fsync.
#pragma once

#include <vector>

#include "appliance/store/store.hpp"

namespace kaito::audit {

class GatedStore final : public store::Store {
 public:
  explicit GatedStore(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}

  Result<std::unique_ptr<store::Reader>> snapshot() override { return store_->snapshot(); }
  [[nodiscard]] std::uint64_t change_generation() const noexcept override { return store_->change_generation(); }
  void observe(store::BatchObserver& observer) override { store_->observe(observer); }
  [[nodiscard]] store::StoreStatistics statistics() const override { return store_->statistics(); }
  [[nodiscard]] bool failed() const noexcept override { return store_->failed(); }

  Future<Result<void>> write(store::Job job, store::JobKind kind) override {
    if (failing) {
      auto [future, completer] = make_future<void>();
      completer.set(fail(Code::storage_failed, "fsync: Input/output error"));
      return std::move(future);
    }
    if (!hanging) return store_->write(std::move(job), kind);
    auto [future, completer] = make_future<void>();
    held_.push_back({std::move(job), kind, std::move(completer)});
    return std::move(future);
  }

  // Lets the writes that hang through, one by one, and waits for them. The codes of those that failed.
  std::vector<Code> release() {
    hanging = false;
    std::vector<Code> failed;
    for (Held& held : std::exchange(held_, {})) {
      auto task = [](store::Store& real, Held& one) -> Task<Status> {
        co_return co_await real.write(std::move(one.job), one.kind);
      }(*store_, held);
      Status done = sync_wait(std::move(task));
      if (!done) failed.push_back(done.error().code);
      held.completer.set(std::move(done));
    }
    return failed;
  }

  bool hanging = false;
  bool failing = false;

 private:
  struct Held {
    store::Job job;
    store::JobKind kind;
    Completer<void> completer;
  };
  std::unique_ptr<store::Store> store_;
  std::vector<Held> held_;
};

}  // namespace kaito::audit
