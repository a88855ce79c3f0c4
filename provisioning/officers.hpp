// Officers' security keys that unlock the volume, any m of n officers.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/cli/terminal/terminal.hpp"
#include "luks/ways/fido2_key.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/plan.hpp"
#include "provisioning/transcript/officer_keys.hpp"

namespace kaito::provisioning {

// Enrols each officer's keys, in place of a quorum that is there, and tests it with the keys of the first `threshold`
// officers. Keys without a device in the plan are asked for at the terminal, one after the other.
Result<Facts> enrol_officers(luks::Volume& volume, const luks::VolumeKey& key, const OfficersPlan& plan,
                             cli::Terminal& terminal, Random& random);

// Asks officers until there are enough. `devices`: the keys to ask, in this order; none: those that are plugged in when
// people say so. Code::not_found when no quorum is enrolled.
Result<OpenedWay> open_by_officers(const luks::Volume& volume, const std::vector<std::string>& devices,
                                   cli::Terminal& terminal);

// An officer's signature of the hash. `device`: the key to ask; empty: one that is plugged in when people say so.
Result<luks::Fido2Key::Signature> sign_by_officer(const OfficerKeys& officers, const LineHash& hash,
                                                  const std::string& device, cli::Terminal& terminal);

}  // namespace kaito::provisioning
