// Who is staff. The last security officer who can log in can neither be disabled nor lose the last key: nobody could
// make a new one.
#pragma once

#include <string>

#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"

namespace kaito::auth {

struct InvitedStaff {
  store::Staff staff;
  Token token;  // for the enrolment of a key; shown once, good for 24 h
};

// For security officers; the endpoint table says so. Thread-safe.
class StaffRegistry {
 public:
  StaffRegistry(audit::Journal& journal, const Clock& clock, Random& random);

  // Code::conflict when the name is taken.
  Task<Result<Recorded<InvitedStaff>>> create(const Permit& permit, std::string name, store::StaffRole role);
  // A token for a first or a further key; an earlier one is void.
  Task<Result<Recorded<InvitedStaff>>> invite(const Permit& permit, StaffId id);
  // Disabling ends the sessions and voids enrolment tokens in the same transaction.
  Task<Result<Recorded<store::Staff>>> set_disabled(const Permit& permit, StaffId id, bool disabled);
  // Ends the sessions too: one of them may be that key's.
  Task<Result<Recorded<void>>> remove_credential(const Permit& permit, StaffId id, Bytes credential_id);

 private:
  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kaito::auth
