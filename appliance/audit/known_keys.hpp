// The verifier keys that have signed checkpoints of this log, oldest first: kept beside the checkpoints, so that an
// export can name them and an operator can be shown them.
#pragma once

#include <vector>

#include "appliance/audit/verifier_key.hpp"
#include "appliance/store/store.hpp"

namespace kaito::audit {

Result<std::vector<VerifierKey>> known_keys(store::Reader& reader);
// Adds the key when it is new.
Status remember_key(store::Writer& writer, const VerifierKey& key);

}  // namespace kaito::audit
