#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {

Steps all_steps(Session& session) {
  Steps steps;
  for (const auto make : {machine_step, hsm_step, disk_step, volume_step, tpm_step, hsm_way_step, officers_step,
                          filesystem_step, keys_step, tls_step, time_step, staff_step})
    steps.push_back(make(session));
  return steps;
}

}  // namespace kaito::provisioning
