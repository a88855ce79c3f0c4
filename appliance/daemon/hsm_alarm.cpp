#include "appliance/daemon/hsm_alarm.hpp"

namespace kaito::daemon {
namespace {

// Absent: it is neither lost nor back, since nobody asks for it or it is only starting.
std::optional<bool> answers(hsm::WorkerPhase phase) {
  switch (phase) {
    case hsm::WorkerPhase::running: return true;
    case hsm::WorkerPhase::restarting:
    case hsm::WorkerPhase::failed: return false;
    case hsm::WorkerPhase::starting:
    case hsm::WorkerPhase::stopped: break;
  }
  return std::nullopt;
}

std::optional<bool> answers(keys::HsmConnectionState state) {
  switch (state) {
    case keys::HsmConnectionState::ready: return true;
    case keys::HsmConnectionState::unavailable:
    case keys::HsmConnectionState::refused: return false;
    case keys::HsmConnectionState::idle:
    case keys::HsmConnectionState::starting:
    case keys::HsmConnectionState::removed: break;
  }
  return std::nullopt;
}

}  // namespace

Task<void> HsmAlarm::look(const hsm::WorkerState& own, const std::vector<keys::HsmConnectionReport>& customers) {
  if (const auto known = answers(own.phase))
    co_await note({.hsm = "appliance", .org = {}, .answers = *known, .failure = own.failure});
  for (const auto& customer : customers) {
    const auto known = answers(customer.state);
    if (!known) continue;
    for (const OrgId& org : customer.orgs)
      co_await note({.hsm = customer.name, .org = org, .answers = *known, .failure = customer.failure});
  }
}

Task<void> HsmAlarm::note(const Finding& finding) {
  const std::pair key{finding.hsm, finding.org};
  if (lost_.contains(key) != finding.answers) co_return;
  audit::Event event{.action = finding.answers ? "hsm.back" : "hsm.lost",
                     .actor = {.kind = audit::ActorKind::system},
                     .org = finding.org,
                     .request = RequestId::make(clock_, random_)};
  event.targets.push_back({.kind = "hsm", .id = finding.hsm});
  // No more than the kind of error: what is wrong with modules and files is the operator's, in the service's own log.
  if (!finding.answers && finding.failure)
    event.details.push_back({.key = "reason", .value = std::string(traits(finding.failure->code).slug)});
  if (!co_await journal_.record(std::move(event))) co_return;  // the journal has logged why
  if (finding.answers)
    lost_.erase(key);
  else
    lost_.insert(key);
}

}  // namespace kaito::daemon
