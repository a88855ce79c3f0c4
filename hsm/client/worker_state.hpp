// How the worker process is doing; a snapshot for readiness and status.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/types.h>

#include "appliance/base/error.hpp"

namespace kaito::hsm {

enum class WorkerPhase : std::uint8_t {
  starting,    // process is up, preflight not finished
  running,     // serves
  restarting,  // died or was killed; waiting for the next attempt
  failed,      // will not be started again: PIN or key refused, or configuration wrong; see `failure`
  stopped,     // stop() was called
};

struct WorkerState {
  WorkerPhase phase = WorkerPhase::starting;
  pid_t pid = -1;                 // -1 while no process exists
  std::uint64_t starts = 0;       // processes started, the first one included
  std::uint64_t crashes = 0;      // processes that ended by themselves
  std::uint64_t hangs = 0;        // processes killed because a call passed its deadline
  std::uint64_t outstanding = 0;  // calls queued or sent
  std::optional<Error> failure;   // why the last process ended
};

std::string_view to_string(WorkerPhase phase) noexcept;

}  // namespace kaito::hsm
