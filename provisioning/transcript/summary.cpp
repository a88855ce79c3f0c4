#include "provisioning/transcript/summary.hpp"

#include <algorithm>

namespace kaito::provisioning {

TranscriptSummary summary_of(const std::vector<TranscriptLine>& lines) {
  TranscriptSummary summary;
  if (lines.empty()) return summary;
  const Facts& first = lines.front().event.facts;
  summary.ceremony = fact(first, "ceremony");
  summary.host_name = fact(first, "host_name");
  summary.volume = fact(first, "volume");
  summary.begun = lines.front().time;
  summary.ended = lines.back().time;
  for (const auto& line : lines) {
    if (line.event.event != "step-done") continue;
    std::erase(summary.steps, line.event.step);  // it was run again
    summary.steps.push_back(line.event.step);
    if (const auto uuid = fact(line.event.facts, "uuid"); !uuid.empty()) summary.volume = uuid;
  }
  return summary;
}

}  // namespace kaito::provisioning
