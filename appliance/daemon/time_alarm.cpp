#include "appliance/daemon/time_alarm.hpp"

namespace kaito::daemon {

Task<void> look_at_time(timekeeping::TimeWatch& time, audit::Journal& journal, const Clock& clock, Random& random,
                        Logger& log) {
  const auto jump = time.look();
  if (!jump) log.warning("time.unreadable", {{"error", jump.error()}});
  if (!jump || !*jump) co_return;
  const auto& found = **jump;
  const std::string by = std::to_string(found.by.count());
  log.error("time.jumped", {{"by_ms", by}, {"from", to_rfc3339(found.from)}, {"to", to_rfc3339(found.to)}});
  audit::Event event{.action = "time.jump", .actor = {.kind = audit::ActorKind::system}};
  event.request = RequestId::make(clock, random);
  event.details.push_back({.key = "by_ms", .value = by});
  event.details.push_back({.key = "from", .value = to_rfc3339(found.from)});
  event.details.push_back({.key = "to", .value = to_rfc3339(found.to)});
  if (const auto recorded = co_await journal.record(std::move(event)); !recorded)
    log.error("time.jump_not_recorded", {{"error", recorded.error()}});
}

}  // namespace kaito::daemon
