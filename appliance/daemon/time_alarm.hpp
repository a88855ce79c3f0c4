// What is done about a wall clock that jumps.
#pragma once

#include "appliance/audit/journal.hpp"
#include "appliance/base/log.hpp"
#include "appliance/base/random.hpp"
#include "appliance/timekeeping/time_watch.hpp"

namespace kaito::daemon {

// Has the watch take a look. A jump is logged and recorded as the system's action "time.jump".
Task<void> look_at_time(timekeeping::TimeWatch& time, audit::Journal& journal, const Clock& clock, Random& random,
                        Logger& log);

}  // namespace kaito::daemon
