// A row of the endpoint table, and how a handler becomes one. The row drives routing, authorisation, the audit action,
// the rate limit, OpenAPI and the test that visits every endpoint with every role.
#pragma once

#include <span>

#include "appliance/api/access.hpp"
#include "appliance/api/call.hpp"
#include "appliance/api/json/schema.hpp"
#include "appliance/api/path.hpp"
#include "appliance/audit/journal.hpp"
#include "appliance/auth/rate_limiter.hpp"
#include "appliance/http/request.hpp"

namespace kaito::api {

// Names the approval that a protected action is done by.
inline constexpr std::string_view kApprovalHeader = "Kaito-Approval";

struct Services;
class Gate;
struct Admitted;  // a request that the Gate has let in as far as its body

// What a handler came to: a reply still to be sealed by its receipt.
struct Answer {
  http::Reply reply;
  audit::Receipt receipt;
};

using Handler = Task<Result<Answer>> (*)(Services&, const Gate&, Admitted&);
// For the few public rows that hold nothing of any org: no receipt, no waiting.
using PublicHandler = http::Reply (*)(Services&);

struct Endpoint {
  http::Method method = http::Method::get;
  std::string_view path;
  std::string_view action;  // of the audit record; also OpenAPI's operationId
  std::string_view summary;
  Access access;
  StateSet states{ApplianceState::operational};
  auth::RateClass rate = auth::RateClass::read;
  std::uint32_t body_limit = 16 * 1024;  // bytes
  std::uint16_t success = 200;
  Handler handler = nullptr;
  PublicHandler public_handler = nullptr;
  std::string (*input_schema)() = nullptr;  // of the body or the query; null: neither
  bool input_in_query = false;
  bool takes_approval = false;  // several security officers may have to sign first: the header Kaito-Approval
  std::string (*output_schema)() = nullptr;  // null: the reply is not JSON, or empty
};

// The whole table, in the order of the documentation.
std::span<const Endpoint> endpoint_table() noexcept;

}  // namespace kaito::api
