// Who is staff. As many security officers who can log in must stay as protected actions need: the last of them can
// neither be disabled nor lose the last key, since nobody could make a new one.
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
  // `officers_needed`: security officers that a protected action takes, at least 1.
  StaffRegistry(audit::Journal& journal, const Clock& clock, Random& random, std::uint32_t officers_needed = 1);

  // Code::conflict when the name is taken.
  Task<Result<Recorded<InvitedStaff>>> create(const Permit& permit, std::string name, store::StaffRole role);
  // A token for a first or a further key; an earlier one is void.
  Task<Result<Recorded<InvitedStaff>>> invite(const Permit& permit, StaffId id);
  // Disabling ends the sessions, voids enrolment tokens and withdraws the approvals that the officer proposed or
  // signed, in the same transaction.
  Task<Result<Recorded<store::Staff>>> set_disabled(const Permit& permit, StaffId id, bool disabled);
  // Ends the sessions too: one of them may be that key's. Withdraws approvals as well: one may be signed with it.
  Task<Result<Recorded<void>>> remove_credential(const Permit& permit, StaffId id, Bytes credential_id);

 private:
  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
  const std::uint32_t officers_needed_;
};

}  // namespace kaito::auth
