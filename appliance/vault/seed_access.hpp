// Which seeds a caller reaches: the one place that decides it for single seeds. A seed that is not reached is not
// there.
#pragma once

#include "appliance/auth/permit.hpp"
#include "appliance/store/store.hpp"

namespace kaito::vault {

// The row, when it is of the permit's org and in a group that the caller sees; else Code::not_found.
Result<store::Seed> reachable_seed(store::Reader& reader, const auth::Permit& permit, const SeedId& id);

// The permit's org; Code::internal when the endpoint has none.
Result<OrgId> org_of(const auth::Permit& permit);

}  // namespace kaito::vault
