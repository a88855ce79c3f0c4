// adjtimex(2) and the kernel's clocks. Needs no capability: nothing is set.
#pragma once

#include "appliance/timekeeping/time_source.hpp"

namespace kaito::timekeeping {

class KernelTimeSource final : public TimeSource {
 public:
  // The uncertainty is `maxerror`, which whoever disciplines the clock sets at each update and the kernel lets grow by
  // 500 ppm in between; none while STA_UNSYNC is set, as after a boot or after the clock was set by hand. A kernel or a
  // system call filter that refuses adjtimex leaves the uncertainty unknown; that is no error.
  Result<TimeReading> read() override;
};

}  // namespace kaito::timekeeping
