// From the credentials in a request's head to a Principal.
#pragma once

#include <optional>
#include <string_view>

#include "appliance/auth/api_key.hpp"
#include "appliance/auth/session.hpp"

namespace kaito::auth {

struct PresentedCredentials {
  std::optional<std::string_view> authorization;  // the header's value
  std::optional<std::string_view> cookie;         // the header's value
  http::IpAddress peer;
};

// Thread-safe.
class Authenticator {
 public:
  Authenticator(store::Store& store, Sessions& sessions, ApiKeys& keys) noexcept
      : store_(store), sessions_(sessions), keys_(keys) {}

  // For endpoints that need a caller; one that is open to all does not ask, so that a browser with a dead cookie can
  // still log in. Anonymous when nothing is presented. `Authorization: Bearer kto_live_…` is an API key, the session
  // cookie a session; both at once, another scheme, or a credential that does not hold is Code::unauthenticated.
  Result<Principal> authenticate(const PresentedCredentials& presented);

 private:
  store::Store& store_;
  Sessions& sessions_;
  ApiKeys& keys_;
};

}  // namespace kaito::auth
