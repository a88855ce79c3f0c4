// A whole ceremony: from the plan, or taken up where it stopped, to the signed transcript.
#pragma once

#include "provisioning/ceremony.hpp"
#include "provisioning/session.hpp"

namespace kaito::provisioning {

// The plan of the ceremony that has begun on this machine. Code::not_found when none has.
Result<Plan> begun_plan(const Places& places);

// The same, held to the hash in its transcript. Code::integrity when ceremony.json was altered.
Result<Plan> kept_plan(const Places& places, const Clock& clock);

// Runs the steps and has kaitod sign. The first call notes the plan; a later one must bring the same
// (Code::conflict otherwise, which says that `start_over` begins anew: only until the transcript is signed, since
// nothing is served before). A ceremony that has ended is left as it is.
Status run_ceremony(const Plan& plan, const Places& places, bool start_over, const Clock& clock, Random& random,
                    cli::Terminal& terminal, const Announce& announce);

}  // namespace kaito::provisioning
