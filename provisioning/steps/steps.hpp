// All steps of a ceremony, in their order.
#pragma once

#include "provisioning/ceremony.hpp"
#include "provisioning/session.hpp"

namespace kaito::provisioning {

// `session` outlives them.
Steps all_steps(Session& session);

// Each in a file of its own. Before the volume:
std::unique_ptr<Step> machine_step(Session& session);
std::unique_ptr<Step> hsm_step(Session& session);
std::unique_ptr<Step> disk_step(Session& session);
// The volume and its ways:
std::unique_ptr<Step> volume_step(Session& session);
std::unique_ptr<Step> tpm_step(Session& session);
std::unique_ptr<Step> hsm_way_step(Session& session);
std::unique_ptr<Step> officers_step(Session& session);
std::unique_ptr<Step> filesystem_step(Session& session);
// On the volume:
std::unique_ptr<Step> keys_step(Session& session);
std::unique_ptr<Step> tls_step(Session& session);
std::unique_ptr<Step> time_step(Session& session);
std::unique_ptr<Step> staff_step(Session& session);

}  // namespace kaito::provisioning
