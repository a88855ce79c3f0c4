// Staff get their hardware keys: the first with the set-up token that the first start prints, later ones with a token
// from a security officer.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "appliance/auth/ceremony_store.hpp"
#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/auth/staff_relying_party.hpp"

namespace kaito::auth {

struct EnrolledStaff {
  store::Staff staff;
  Bytes credential_id;
};

// Thread-safe.
class StaffEnrolment {
 public:
  StaffEnrolment(store::Store& store, audit::Journal& journal, CeremonyStore& ceremonies, const Clock& clock,
                 Random& random, StaffRelyingParty party);

  // For the daemon's start: a fresh set-up token while no staff member has a key, replacing any earlier one; none from
  // then on. Recorded as the system's action "auth.staff.setup".
  Task<Result<std::optional<Token>>> issue_setup_token();

  // Options for the registration. With the set-up token, `name` is the first security officer's; with an enrolment
  // token it must be empty or the invited one. Code::unauthenticated for a token that does not hold. Changes nothing;
  // the caller records it.
  Result<CeremonyOffer> begin(const Permit& permit, const Token& one_time, std::string_view name);

  // Verifies the response and, in one transaction, uses up the token, creates the first security officer if it is the
  // set-up, and keeps the key. Refusals are recorded: unauthenticated (ceremony, token), invalid_request (the
  // response), conflict (the key is known already).
  Task<Result<Recorded<EnrolledStaff>>> finish(const Permit& permit, std::string_view ceremony, std::string label,
                                               const boost::json::value& response);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  CeremonyStore& ceremonies_;
  const Clock& clock_;
  Random& random_;
  StaffRelyingParty party_;
};

}  // namespace kaito::auth
