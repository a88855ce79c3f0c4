// Ends waits that outlast a fixed time, so that a store that hangs cannot hold up its callers for ever.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "appliance/audit/flight.hpp"
#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"

namespace kaito::audit {

// Thread-safe. Has a thread of its own that sleeps while nothing is late.
class WaitLimit {
 public:
  explicit WaitLimit(Milliseconds limit);
  ~WaitLimit();  // ends all waits that are left
  WaitLimit(const WaitLimit&) = delete;
  WaitLimit& operator=(const WaitLimit&) = delete;

  // From now on the future gets Code::deadline_exceeded unless its value comes within the limit. With a flight, not
  // before a change that is running has ended.
  void watch(FutureWatch<Status> future, std::shared_ptr<Flight> flight = nullptr);

 private:
  struct Entry {
    SteadyPoint until;
    FutureWatch<Status> future;
    std::shared_ptr<Flight> flight;
    void expire(Error error);
  };
  void run();
  void forget_settled();

  const Milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;  // one limit for all: the oldest is always the first to end
  bool idle_ = false;          // the thread waits without a time limit, so a new entry has to wake it
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kaito::audit
