#include "provisioning/ceremony.hpp"

namespace kaito::provisioning {
namespace {

Status run_step(TranscriptFile& transcript, Step& step, const Announce& announce) {
  const std::string name(step.name());
  KAITO_CHECK(transcript.append({.event = "step-begun", .step = name, .facts = {}}));
  announce("== step " + name);
  announce(step.intent());
  auto facts = step.run();
  if (!facts) {
    Error error = std::move(facts).error();
    // What the step failed of counts more than a note that could not be written.
    static_cast<void>(
        transcript.append({.event = "step-failed", .step = name, .facts = {{"reason", error.describe()}}}));
    return fail(std::move(error).within("step " + name));
  }
  KAITO_CHECK(transcript.append({.event = "step-done", .step = name, .facts = *std::move(facts)}));
  announce("== done " + name);
  return {};
}

// The steps at the beginning that are done, each after the one before it: a step that was run again has outdated those
// behind it, even when the power went before they were begun again.
std::vector<std::pair<Step*, const TranscriptLine*>> done_steps(const TranscriptFile& transcript, const Steps& steps) {
  std::vector<std::pair<Step*, const TranscriptLine*>> done;
  for (const auto& step : steps) {
    if (!step->wanted()) continue;
    const TranscriptLine* const line = transcript.done(step->name());
    if (!line || (!done.empty() && line->seq < done.back().second->seq)) break;
    done.emplace_back(step.get(), line);
  }
  return done;
}

}  // namespace

Status run_steps(TranscriptFile& transcript, const Steps& steps, const Announce& announce) {
  if (transcript.is_signed()) return fail(Code::wrong_state, "this ceremony has ended; its transcript is signed");
  std::size_t holds = 0;
  for (const auto& [step, line] : done_steps(transcript, steps)) {
    if (!step->still_holds(line->event.facts)) break;
    ++holds;
  }
  for (const auto& step : steps) {
    if (!step->wanted()) continue;
    if (holds > 0) {
      --holds;
      continue;
    }
    KAITO_CHECK(run_step(transcript, *step, announce));
  }
  return {};
}

const Step* next_step(const TranscriptFile& transcript, const Steps& steps) {
  std::size_t done = done_steps(transcript, steps).size();
  for (const auto& step : steps)
    if (step->wanted() && done-- == 0) return step.get();
  return nullptr;
}

}  // namespace kaito::provisioning
