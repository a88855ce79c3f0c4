// A thread for what has to be done now and then: checkpoints, the HSM canary, expired sessions.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"

namespace kaito::daemon {

struct Chore {
  Milliseconds every;
  std::function<Task<void>()> run;
};

class Housekeeper {
 public:
  // Each chore runs first when its interval has passed.
  explicit Housekeeper(std::vector<Chore> chores);
  // Finishes the chore under way.
  ~Housekeeper();
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

 private:
  void keep();

  std::vector<Chore> chores_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace kaito::daemon
