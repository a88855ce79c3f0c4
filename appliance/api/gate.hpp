// The Gate: the one place that decides whether a request goes on. In this order: the appliance's state, who is calling,
// how often, the body within its bounds, its strict parse (endpoint_binding.hpp), and whether that caller may. Nothing
// else authorises, and nothing else makes a Permit.
#pragma once

#include <span>

#include "appliance/api/endpoint.hpp"
#include "appliance/api/router.hpp"
#include "appliance/auth/permit.hpp"
#include "provisioning/quorum/protected_action.hpp"

namespace kaito::api {

struct Admitted {
  const Endpoint& endpoint;
  const http::RequestHead& head;
  PathParameters path;
  auth::Principal principal;
  std::span<std::uint8_t> body;  // wiped by the connection when the request ends
};

// Thread-safe.
class Gate {
 public:
  explicit Gate(Services& services) : services_(services) {}

  // State, origin, credentials. Errors: wrong_state, forbidden (a foreign web page), unauthenticated.
  Result<auth::Principal> identify(const Endpoint& endpoint, const http::RequestHead& head) const;
  // Code::rate_limited, with the seconds to wait in `retry_after`.
  Status limit(const Endpoint& endpoint, const http::RequestHead& head, const auth::Principal& principal,
               Seconds& retry_after) const;
  // Counts a request with credentials that do not hold against its address.
  bool limit_guess(const http::RequestHead& head, Seconds& retry_after) const;
  // Reads the body within the endpoint's bound. Errors: payload_too_large, unsupported_media_type, and those of
  // http::Request::read_body.
  Task<Result<std::span<std::uint8_t>>> read_body(const Endpoint& endpoint, http::Request& request) const;
  // not_found for another org, forbidden for the role or scope, fresh_login_required.
  Result<auth::Permit> authorise(const Admitted& admitted) const;
  // Binds the permit of a protected action to the approval that the request names, if it needs or names one. Errors of
  // quorum::Approvals::admit(); invalid_request for a header that is no id.
  Status bind_approval(auth::Permit& permit, const Admitted& admitted, const quorum::ProtectedAction& action) const;

 private:
  Services& services_;
};

}  // namespace kaito::api
