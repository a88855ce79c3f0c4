#include "hsm/client/wake_event.hpp"

#include <sys/eventfd.h>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {

WakeEvent::WakeEvent() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { KAITO_INVARIANT(fd_.get() >= 0); }

void WakeEvent::set() noexcept {
  if (set_.exchange(true)) return;
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from its end.
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void WakeEvent::clear() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
  set_.store(false);
}

}  // namespace kaito::hsm
