// Whether a caller may still do what they were let in for: between the Gate and the transaction lie queues, bodies that
// are read slowly, and the HSM.
#pragma once

#include <memory>

#include "appliance/auth/principal.hpp"

namespace kaito::auth {

// Refuses the change when, in its transaction, the caller's session or API key is gone, or the caller is disabled
// (Code::unauthenticated), or has another role as staff, a lower one as a member, or has lost a group
// (Code::forbidden). Null for anonymous callers, who bring nothing that could be taken away.
std::shared_ptr<audit::Condition> standing_of(const Principal& principal);

}  // namespace kaito::auth
