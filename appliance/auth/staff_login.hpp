// Staff log in with a discoverable FIDO2 credential and nothing else (S17, C2). No name is asked for, so none can be
// probed.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "appliance/auth/ceremony_store.hpp"
#include "appliance/auth/session.hpp"
#include "appliance/auth/staff_relying_party.hpp"

namespace kaito::auth {

// Thread-safe.
class StaffLogin {
 public:
  StaffLogin(store::Store& store, audit::Journal& journal, CeremonyStore& ceremonies, Sessions& sessions,
             StaffRelyingParty party);

  // Options for the assertion. Changes nothing; the caller records it.
  CeremonyOffer begin(const Permit& permit);

  // Verifies the assertion; the new signature counter, the session and the record commit together. One refusal
  // (Code::unauthenticated) for everything; the journal tells why: "ceremony", "unknown credential", "disabled" or the
  // failed WebAuthn check. A response that is not well-formed is invalid_request.
  Task<Result<Recorded<IssuedSession>>> finish(const Permit& permit, std::string_view ceremony,
                                               const boost::json::value& response);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  CeremonyStore& ceremonies_;
  Sessions& sessions_;
  StaffRelyingParty party_;
};

}  // namespace kaito::auth
