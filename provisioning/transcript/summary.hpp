// What a verified transcript is about, for people who have several of them.
#pragma once

#include <string>
#include <vector>

#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

struct TranscriptSummary {
  std::string ceremony;   // "provisioning" or "decommissioning"
  std::string host_name;  // empty for a decommissioning
  std::string volume;     // UUID of the volume that was made last, or destroyed
  TimePoint begun{};
  TimePoint ended{};               // of the last line
  std::vector<std::string> steps;  // done, each once, in the order of their last end
};

// `lines` begin with the transcript's first; none gives an empty summary.
TranscriptSummary summary_of(const std::vector<TranscriptLine>& lines);

}  // namespace kaito::provisioning
