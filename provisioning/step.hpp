// One step of a ceremony. Steps are a list, so that a later part plugs in as one more.
#pragma once

#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

class Step {
 public:
  virtual ~Step() = default;
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  // Stable, of a-z and hyphens: it stands in transcripts.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // What it will do, for the person who watches: completes the sentence "This step …".
  [[nodiscard]] virtual std::string intent() const = 0;
  // False when the plan does without it.
  [[nodiscard]] virtual bool wanted() const { return true; }
  // Asked when a ceremony is taken up again: can later steps build on what this one did, with `facts`? False: it and
  // all steps behind it are run again.
  virtual bool still_holds(const Facts& /*facts*/) { return true; }
  // Does it, from whatever an earlier run left behind: called again after a power cut at any point of it. Gives what
  // came of it, for the transcript.
  virtual Result<Facts> run() = 0;
};

}  // namespace kaito::provisioning
