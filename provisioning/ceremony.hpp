// Runs a ceremony's steps in order, with every step's beginning and end durable in the transcript.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "provisioning/step.hpp"
#include "provisioning/transcript_file.hpp"

namespace kaito::provisioning {

using Steps = std::vector<std::unique_ptr<Step>>;
// A line for whoever watches: "== step NAME", "== done NAME", and what a step will do.
using Announce = std::function<void(std::string_view line)>;

// Skips the steps at the beginning that are done and still hold; runs all behind them. The error is that of the step
// that failed, which the transcript notes; run it again to go on. Code::wrong_state when the transcript is signed.
Status run_steps(TranscriptFile& transcript, const Steps& steps, const Announce& announce);

// The first step that is not done; null when all are. Asks no step whether it still holds.
const Step* next_step(const TranscriptFile& transcript, const Steps& steps);

}  // namespace kaito::provisioning
