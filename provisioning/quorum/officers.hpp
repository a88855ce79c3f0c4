// How many security officers it takes.
#pragma once

#include "appliance/base/result.hpp"
#include "appliance/store/store.hpp"
#include "provisioning/quorum/protected_action.hpp"

namespace kaito::quorum {

// Enabled, a security officer, with a key: who can sign.
Result<bool> can_sign(store::Reader& reader, const StaffId& staff);
Result<std::uint32_t> officers_who_can_sign(store::Reader& reader);

// Signatures that the described action takes now; 1: none but the caller's own login. `configured`: 1 to 255.
Result<std::uint32_t> officers_needed(store::Reader& reader, const Description& description, std::uint32_t configured);

}  // namespace kaito::quorum
