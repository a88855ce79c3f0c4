// What staff ceremonies expect, and what starts one.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "appliance/auth/webauthn/relying_party.hpp"

namespace kaito::auth {

struct StaffRelyingParty {
  webauthn::RelyingParty rp;
  std::string name;         // shown by the browser
  webauthn::Policy policy;  // UV required, BE refused by default (S17)
};

struct CeremonyOffer {
  std::string ceremony;         // id to be sent back with the response
  boost::json::object options;  // for navigator.credentials.create() or get(), or the command line
};

}  // namespace kaito::auth
