// Who this appliance is: its id, its TLS identity, whose staff keys it trusts, and that it alone uses its data.
#pragma once

#include <string>
#include <vector>

#include "appliance/auth/staff_relying_party.hpp"
#include "appliance/base/random.hpp"
#include "appliance/base/unique_fd.hpp"
#include "appliance/daemon/config.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "appliance/http/tls_identity.hpp"
#include "appliance/store/store.hpp"

namespace kaito::daemon {

// Held for as long as the file is open. Code::configuration when another process has it.
Result<UniqueFd> lock_data_directory(const DataDirectory& data);

// A UUID made at set-up; part of the audit log's origin.
Task<Result<std::string>> make_appliance_id(store::Store& store, const Clock& clock, Random& random);
// Code::configuration when there is none: the set-up was not done.
Result<std::string> appliance_id(store::Store& store);

// The customer's certificate, or the own CA's, made or renewed when needed.
Result<http::TlsIdentity> load_tls_identity(const Config& config, const DataDirectory& data, const Clock& clock,
                                            Random& random);

// "https://NAME:PORT" of each host name, without the port when it is 443; or what the configuration says.
std::vector<std::string> web_origins(const Config& config, std::uint16_t port);

// UV required, no synced keys; makers limited to the roots in the configured file.
Result<auth::StaffRelyingParty> staff_relying_party(const Config& config, const std::vector<std::string>& origins);

}  // namespace kaito::daemon
