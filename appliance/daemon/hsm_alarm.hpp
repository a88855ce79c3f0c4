// What is done about an HSM that goes, and that comes back.
#pragma once

#include <set>

#include "appliance/audit/journal.hpp"
#include "appliance/base/random.hpp"
#include "appliance/keys/hsm_connection.hpp"

namespace kaito::daemon {

// Records the system's actions "hsm.lost" and "hsm.back": of the appliance's own HSM for the platform's log, of a
// customer's for each org that may use it. What came back between two looks, or while the appliance was down, is not
// seen.
class HsmAlarm {
 public:
  // The three outlive the alarm.
  HsmAlarm(audit::Journal& journal, const Clock& clock, Random& random)
      : journal_(journal), clock_(clock), random_(random) {}

  // To be called every second or so; one call at a time. What could not be recorded is tried again at the next.
  Task<void> look(const hsm::WorkerState& own, const std::vector<keys::HsmConnectionReport>& customers);

 private:
  struct Finding {
    std::string hsm;
    std::optional<OrgId> org;  // whose; absent: the appliance's own
    bool answers = true;
    std::optional<Error> failure;  // why it does not
  };

  Task<void> note(const Finding& finding);

  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
  std::set<std::pair<std::string, std::optional<OrgId>>> lost_;
};

}  // namespace kaito::daemon
