// Calls that wait for their turn. Thread-safe.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "hsm/client/call.hpp"

namespace kaito::hsm {

class CallQueue {
 public:
  // `max_batch`: DEKs in one frame; `max_outstanding`: calls that wait or are under way. Refuses until open().
  CallQueue(std::size_t max_batch, std::size_t max_outstanding);

  // Takes the call, or answers it at once with the reason why not. True: the consumer found none of its kind and wanted
  // one, so wake it. What it did not want it comes for by itself.
  bool push(Call call);
  bool push(SingleUnwrap single);

  struct Wanted {
    bool singles = true;
    bool others = true;
  };
  // The next frame's worth, single unwraps and other calls by turns when both are wanted.
  std::optional<Call> take(Wanted wanted);
  // A call that take() gave out has been answered.
  void finished(const Call& call);

  void open();
  // From now on new calls get `reason`; those that wait stay.
  void refuse(Error reason);
  // Answers what waits: all of it, or what is past its deadline.
  void fail_all(const Error& reason);
  void expire(SteadyPoint now, const Error& reason);

  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t outstanding() const;
  // Of the calls that wait.
  [[nodiscard]] std::optional<SteadyPoint> next_deadline() const;

 private:
  std::optional<Error> admit_locked();
  Call take_call_locked();  // there is one
  std::vector<SingleUnwrap> take_singles_locked();
  bool empty_locked() const { return calls_.empty() && singles_.empty(); }

  const std::size_t max_batch_;
  const std::size_t max_outstanding_;
  mutable std::mutex mutex_;
  std::optional<Error> refusal_;
  std::deque<Call> calls_;
  std::deque<SingleUnwrap> singles_;
  std::size_t outstanding_ = 0;
  bool singles_turn_ = false;
  Wanted wanted_;  // by the consumer, when it looked last
};

}  // namespace kaito::hsm
