// Wakes a thread that polls.
#pragma once

#include <atomic>

#include "appliance/base/unique_fd.hpp"

namespace kaito::hsm {

class WakeEvent {
 public:
  WakeEvent();
  void set() noexcept;    // any thread; cheap when it is set already
  void clear() noexcept;  // the polling thread, before it looks for work
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::atomic<bool> set_{false};
};

}  // namespace kaito::hsm
