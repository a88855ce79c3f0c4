// The record parser accepts nothing but what the journal writes: a record that it takes is written again byte for byte.
#include "appliance/audit/record.hpp"
#include "appliance/base/invariant.hpp"

namespace {

using namespace kaito;
using namespace kaito::audit;

// The event that the record tells of; borrows the record's text.
Event event_of(const Record& record) {
  Event event{.action = record.action,
              .actor = {.kind = record.actor_kind, .id = record.actor_id, .name = record.actor_name},
              .org = record.org,
              .peer = record.peer,
              .request = record.request,
              .outcome = record.outcome,
              .error = record.error};
  for (const auto& target : record.targets) event.targets.push_back({target.name, target.value});
  for (const auto& detail : record.details) event.details.push_back({detail.name, detail.value});
  return event;
}

// U+FFFD has two origins: itself, and a byte that was no UTF-8 and is spelled by number.
std::string unescaped_replacements(std::string text) {
  constexpr std::string_view kSpelled = "\\ufffd";
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos;) {
    if (text.compare(at, kSpelled.size(), kSpelled) == 0)
      text.replace(at, kSpelled.size(), "\xef\xbf\xbd");
    else
      at += 2;
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = as_text({data, size});
  const auto record = parse_record(line);
  if (!record) return 0;
  std::string again;
  // Labels longer than an event may have, or text longer than is kept, are read but were never written.
  if (!append_record(again, event_of(*record), record->place) || again.find("…") != std::string::npos) return 0;
  KAITO_INVARIANT(again == unescaped_replacements(std::string(line)));
  return 0;
}
