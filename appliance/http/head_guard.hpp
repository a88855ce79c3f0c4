// The strict guard behind Beast's parser: a head on whose meaning two programs could differ is refused, and the
// connection is closed. Pure; fuzzed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appliance/http/refusal.hpp"
#include "appliance/http/request_head.hpp"

namespace kaito::http {

struct HeadPolicy {
  std::vector<std::string> hosts;  // lower case; empty: any well-formed Host
};

// Judges what parse_head() found and fills path, query, content_length, keep_alive and expects_continue. nullopt: the
// head may go to the application. Refused:
//   - Transfer-Encoding in any form (RFC 9112 §6.1). A request with plain "chunked" gets 411: bodies come with a
//     Content-Length (RFC 9110 §15.5.12), so that no second way to frame one exists. Anything else: 400
//   - Content-Length that is not one plain decimal number; a body on GET or HEAD
//   - none, two or malformed Host; a Host that is not configured (421)
//   - a second Authorization, Cookie, Content-Type and the like; an Upgrade; CONNECT and TRACE (405)
//   - Content-Encoding (415), Expect other than 100-continue (417), versions other than 1.1 (505)
//   - targets that split_target() refuses
std::optional<Refusal> check_head(RequestHead& head, const HeadPolicy& policy) noexcept;

}  // namespace kaito::http
