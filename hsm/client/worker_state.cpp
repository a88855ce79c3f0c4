#include "hsm/client/worker_state.hpp"

namespace kaito::hsm {

std::string_view to_string(WorkerPhase phase) noexcept {
  switch (phase) {
    case WorkerPhase::starting: return "starting";
    case WorkerPhase::running: return "running";
    case WorkerPhase::restarting: return "restarting";
    case WorkerPhase::failed: return "failed";
    case WorkerPhase::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace kaito::hsm
