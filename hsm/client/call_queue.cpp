#include "hsm/client/call_queue.hpp"

#include <fmt/format.h>

#include "hsm/protocol/frame.hpp"

namespace kaito::hsm {
namespace {

// Both queues are in the order of their deadlines, since every call is given the same time; but for the rare one that
// makes an RSA pair, which holds up the expiry of those behind it until it is sent.
template <class Queue>
Queue take_expired(Queue& queue, SteadyPoint now) {
  Queue expired;
  while (!queue.empty() && queue.front().deadline <= now) {
    expired.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return expired;
}

void answer(std::deque<Call> calls, std::deque<SingleUnwrap> singles, const Error& reason) {
  for (auto& call : calls) call.done(fail(reason));
  for (auto& single : singles) single.done.set(fail(reason));
}

}  // namespace

CallQueue::CallQueue(std::size_t max_batch, std::size_t max_outstanding)
    : max_batch_(max_batch),
      max_outstanding_(max_outstanding),
      refusal_(Error{.code = Code::hsm_unavailable, .detail = "HSM worker is starting"}) {}

std::optional<Error> CallQueue::admit_locked() {
  if (refusal_) return refusal_;
  if (outstanding_ >= max_outstanding_)
    return Error{.code = Code::hsm_unavailable, .detail = fmt::format("{} calls are outstanding", outstanding_)};
  ++outstanding_;
  return std::nullopt;
}

bool CallQueue::push(Call call) {
  std::unique_lock lock(mutex_);
  if (auto refusal = admit_locked()) {
    lock.unlock();
    call.done(fail(*std::move(refusal)));
    return false;
  }
  calls_.push_back(std::move(call));
  return wanted_.others && calls_.size() == 1;
}

bool CallQueue::push(SingleUnwrap single) {
  std::unique_lock lock(mutex_);
  if (auto refusal = admit_locked()) {
    lock.unlock();
    single.done.set(fail(*std::move(refusal)));
    return false;
  }
  singles_.push_back(std::move(single));
  return wanted_.singles && singles_.size() == 1;
}

Call CallQueue::take_call_locked() {
  Call call(std::move(calls_.front()));
  calls_.pop_front();
  return call;
}

std::vector<SingleUnwrap> CallQueue::take_singles_locked() {
  std::vector<SingleUnwrap> singles;
  std::size_t payload = 2;  // the count of groups
  while (!singles_.empty() && singles.size() < max_batch_) {
    payload += payload_bound(singles_.front());
    if (payload > kMaxPayload) break;
    singles.push_back(std::move(singles_.front()));
    singles_.pop_front();
  }
  return singles;
}

std::optional<Call> CallQueue::take(Wanted wanted) {
  std::vector<SingleUnwrap> singles;
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = wanted;
    const bool some_singles = wanted.singles && !singles_.empty();
    const bool some_others = wanted.others && !calls_.empty();
    if (some_singles && some_others) singles_turn_ = !singles_turn_;
    if (some_others && !(some_singles && singles_turn_)) return take_call_locked();
    if (!some_singles) return std::nullopt;
    singles = take_singles_locked();
  }
  return join(std::move(singles));
}

void CallQueue::finished(const Call& call) {
  const std::scoped_lock lock(mutex_);
  outstanding_ -= call.weight;
}

void CallQueue::open() {
  const std::scoped_lock lock(mutex_);
  refusal_.reset();
  wanted_ = {};
}

void CallQueue::refuse(Error reason) {
  const std::scoped_lock lock(mutex_);
  refusal_ = std::move(reason);
}

void CallQueue::fail_all(const Error& reason) { expire(SteadyPoint::max(), reason); }

void CallQueue::expire(SteadyPoint now, const Error& reason) {
  if (const auto next = next_deadline(); !next || *next > now) return;  // nearly always; an empty deque allocates
  std::deque<Call> calls;
  std::deque<SingleUnwrap> singles;
  {
    const std::scoped_lock lock(mutex_);
    calls = take_expired(calls_, now);
    singles = take_expired(singles_, now);
    outstanding_ -= calls.size() + singles.size();
  }
  answer(std::move(calls), std::move(singles), reason);
}

bool CallQueue::empty() const {
  const std::scoped_lock lock(mutex_);
  return empty_locked();
}

std::size_t CallQueue::outstanding() const {
  const std::scoped_lock lock(mutex_);
  return outstanding_;
}

std::optional<SteadyPoint> CallQueue::next_deadline() const {
  const std::scoped_lock lock(mutex_);
  std::optional<SteadyPoint> next;
  if (!calls_.empty()) next = calls_.front().deadline;
  if (!singles_.empty() && (!next || singles_.front().deadline < *next)) next = singles_.front().deadline;
  return next;
}

}  // namespace kaito::hsm
