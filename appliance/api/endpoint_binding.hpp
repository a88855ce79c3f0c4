// Binds a handler to its row: input from the body or the query, the Gate's permit, the handler, the output as JSON.
#pragma once

#include <boost/json/monotonic_resource.hpp>

#include "appliance/api/gate.hpp"
#include "appliance/api/json/strict_json.hpp"
#include "appliance/api/services.hpp"
#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::api {

// What a handler has to be (call.hpp).
template <class H>
concept EndpointHandler = requires(Services& services, Call<typename H::Input> call) {
  { H::process(services, std::move(call)) } -> std::same_as<Task<Result<Done<typename H::Output>>>>;
};

// A handler of an action that several officers may have to sign for says which one the request asks for; nothing when
// this request needs no signature of others.
template <class H>
concept ProtectedHandler = requires(Services& services, const typename H::Input& input, const PathParameters& path) {
  { H::protected_action(services, input, path) } -> std::same_as<Result<std::optional<quorum::ProtectedAction>>>;
};

template <class Input>
Result<Input> read_input(const Admitted& admitted) {
  KAITO_TRY(const auto query, http::Query::parse(admitted.head.query));
  if constexpr (std::same_as<Input, Nothing>) {
    if (!query.parameters().empty())
      return fail_invalid(query.parameters().front().name, "is not a known query parameter");
    // "{}" is as good as no body.
    if (!admitted.body.empty() && as_text(admitted.body) != "{}") return fail_invalid("body", "must be empty");
    return Input{};
  } else if constexpr (Input::kFromQuery) {
    if (!admitted.body.empty()) return fail_invalid("body", "must be empty");
    return from_query<Input>(query);
  } else {
    if (!query.parameters().empty())
      return fail_invalid(query.parameters().front().name, "is not a known query parameter");
    if (admitted.body.empty()) return fail_invalid("body", "must be a JSON object");
    otp::WipingMemoryResource wiping;
    KAITO_TRY(const auto json, parse_strict_json(as_text(admitted.body), &wiping));
    return FromJson<Input>::read(json, "");
  }
}

inline std::string_view put_body(http::Reply& reply, RawBody&& body) {
  reply.body = std::move(body.text);
  return body.content_type;
}
template <class Output>
std::string_view put_body(http::Reply& reply, const Output& output) {
  reply.body.reserve(512);  // a code and most other answers, in one allocation
  append_json(reply.body, output);
  return "application/json";
}

template <EndpointHandler H>
Task<Result<Answer>> run_handler(Services& services, const Gate& gate, Admitted& admitted) {
  KAITO_CO_TRY(auto input, read_input<typename H::Input>(admitted));
  KAITO_CO_TRY(auth::Permit permit, gate.authorise(admitted));
  if constexpr (ProtectedHandler<H>) {
    KAITO_CO_TRY(const auto action, H::protected_action(services, input, admitted.path));
    if (action) KAITO_CO_CHECK(gate.bind_approval(permit, admitted, *action));
  }
  KAITO_CO_TRY(auto done, co_await H::process(
                              services, Call<typename H::Input>{std::move(permit), std::move(input), admitted.path}));
  if (!done.output)
    co_return Answer{audit::Journal::problem(done.output.error(), admitted.head.id), std::move(done.receipt)};
  http::Reply reply{.status = admitted.endpoint.success, .body = {}, .headers = std::move(done.headers)};
  if constexpr (std::same_as<typename H::Output, Nothing>)
    reply.status = 204;
  else
    reply.content_type = put_body(reply, *std::move(done.output));
  co_return Answer{std::move(reply), std::move(done.receipt)};
}

// What a row says beyond its handler.
struct RowOptions {
  auth::RateClass rate = auth::RateClass::read;
  std::uint32_t body_limit = 16 * 1024;
  std::uint16_t success = 200;
  StateSet states{ApplianceState::operational};
};

template <EndpointHandler H>
Endpoint endpoint(http::Method method, std::string_view path, std::string_view action, std::string_view summary,
                  Access access, const RowOptions& options = {}) {
  Endpoint row{.method = method,
               .path = path,
               .action = action,
               .summary = summary,
               .access = access,
               .states = options.states,
               .rate = options.rate,
               .body_limit = options.body_limit,
               .success = options.success,
               .handler = &run_handler<H>};
  if constexpr (std::same_as<typename H::Output, Nothing>) row.success = 204;
  row.takes_approval = ProtectedHandler<H>;
  if constexpr (!std::same_as<typename H::Input, Nothing>) {
    row.input_schema = &schema_of<typename H::Input>;
    row.input_in_query = H::Input::kFromQuery;
  }
  if constexpr (Described<typename H::Output>) row.output_schema = &schema_of<typename H::Output>;
  return row;
}

}  // namespace kaito::api
