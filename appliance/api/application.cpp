#include "appliance/api/application.hpp"

#include "appliance/api/services.hpp"

namespace kaito::api {
namespace {

// The connection is gone or will be: nobody reads the reply.
bool client_is_gone(Code code) noexcept { return code == Code::connection_failed || code == Code::deadline_exceeded; }

bool worth_an_alarm(Code code) noexcept {
  return code == Code::internal || code == Code::integrity || code == Code::storage_failed ||
         code == Code::storage_full || code == Code::audit_failed || code == Code::hsm_key_rejected;
}

// What a client typed may be a secret in the wrong place, so a record holds words of the product's own only: of a field
// its outermost name, when the endpoint knows it, and of a path what is fixed and what is an identifier.
std::optional<std::string> recordable_field(const Endpoint& endpoint, std::string_view field) {
  constexpr std::array<std::string_view, 11> kOfNoSchema{"body",     "Content-Type", "Origin",       "Sec-Fetch-Site",
                                                         "state",    "type",         "role",         "counter",
                                                         "approval", "time",         kApprovalHeader};
  const std::string name(field.substr(0, field.find_first_of(".[")));
  const bool known = std::ranges::find(kOfNoSchema, name) != kOfNoSchema.end() ||
                     (endpoint.input_schema && endpoint.input_schema().contains('"' + name + "\":"));
  if (!known) return std::nullopt;
  return name;
}

std::string recordable_path(const Endpoint& endpoint, const PathParameters& parameters) {
  const auto pattern = split_path(endpoint.path);
  std::string path;
  for (std::size_t i = 0; pattern && i < pattern->count; ++i) {
    const auto segment = pattern->at[i];
    path.push_back('/');
    const auto value = is_parameter(segment) ? parameters.get(segment.substr(1, segment.size() - 2)) : std::nullopt;
    path += value && uuid_from_string(*value) ? *value : segment;
  }
  return path;
}

}  // namespace

Task<http::SealedReply> Application::serve(http::Request& request) {
  const auto& head = request.head();
  const auto route = router_.match(head.method, head.path);
  if (!route) {
    http::Reply reply = audit::Journal::problem({.code = route.error().code}, head.id);
    services_.requests.count(nullptr, reply.status);
    if (!route.error().allow.empty()) reply.headers.push_back({"Allow", route.error().allow});
    co_return audit::Journal::seal_public(std::move(reply));
  }
  if (route->endpoint->public_handler) {
    Seconds retry_after{};
    if (auto limited = gate_.limit(*route->endpoint, head, auth::Principal(), retry_after); !limited)
      co_return refuse_unidentified(head, limited.error(), retry_after);
    http::Reply reply = route->endpoint->public_handler(services_);
    services_.requests.count(route->endpoint, reply.status);
    co_return audit::Journal::seal_public(std::move(reply));
  }
  http::SealedReply reply = co_await answer(request, *route);
  services_.requests.count(route->endpoint, reply.reply().status);
  co_return reply;
}

Task<http::SealedReply> Application::answer(http::Request& request, const Route& route) {
  const auto& head = request.head();
  const Endpoint& endpoint = *route.endpoint;
  auto principal = gate_.identify(endpoint, head);
  if (!principal) {
    // Guessing credentials costs the guesser's address, like any other login.
    Seconds retry_after{};
    if (principal.error().code == Code::unauthenticated && !gate_.limit_guess(head, retry_after))
      co_return refuse_unidentified(head, {.code = Code::rate_limited}, retry_after);
    note_denied(endpoint, head, principal.error());
    co_return refuse_unidentified(head, principal.error());
  }
  Seconds retry_after{};
  if (auto limited = gate_.limit(endpoint, head, *principal, retry_after); !limited)
    co_return refuse_unidentified(head, limited.error(), retry_after);

  Admitted admitted{endpoint, head, route.path, *std::move(principal), {}};
  auto body = co_await gate_.read_body(endpoint, request);
  if (!body) {
    if (client_is_gone(body.error().code)) co_return refuse_unidentified(head, body.error());
    co_return co_await refuse_recorded(admitted, std::move(body).error());
  }
  admitted.body = *body;
  auto done = co_await endpoint.handler(services_, gate_, admitted);
  if (!done) co_return co_await refuse_recorded(admitted, std::move(done).error());
  co_return audit::Journal::seal(std::move(done->reply), std::move(done->receipt));
}

// A credential that does not hold: nobody is known who could stand in a record, and strangers do not write the journal
// full. Who guesses is slowed down by the rate limits, and so is this.
void Application::note_denied(const Endpoint& endpoint, const http::RequestHead& head, const Error& error) {
  if (traits(error.code).outcome != Outcome::denied || error.code == Code::rate_limited) return;
  services_.log.warning(
      "api.request.denied",
      {{"request", head.id}, {"action", endpoint.action}, {"peer", head.peer.str()}, {"error", error}});
}

http::SealedReply Application::refuse_unidentified(const http::RequestHead& head, const Error& error,
                                                   Seconds retry_after) {
  if (worth_an_alarm(error.code)) services_.log.error("api.request.failed", {{"request", head.id}, {"error", error}});
  audit::ProblemOptions options;
  if (retry_after.count() > 0) options.retry_after = retry_after;
  return audit::Journal::refuse(error, head.id, options);
}

Task<http::SealedReply> Application::refuse_recorded(const Admitted& admitted, Error error) {
  if (worth_an_alarm(error.code))
    services_.log.error("api.request.failed",
                        {{"request", admitted.head.id}, {"action", admitted.endpoint.action}, {"error", error}});
  // Anonymous callers could fill the journal with malformed requests; what counts of theirs (a refused login) is
  // recorded by its service. When the store or the journal is what failed, there is nothing to record to.
  const bool recordable = !admitted.principal.is_anonymous() && error.code != Code::storage_failed &&
                          error.code != Code::audit_failed && error.code != Code::deadline_exceeded;
  if (admitted.principal.is_anonymous()) note_denied(admitted.endpoint, admitted.head, error);
  if (!recordable) co_return audit::Journal::refuse(error, admitted.head.id);

  audit::Event event{.action = admitted.endpoint.action,
                     .actor = admitted.principal.actor(),
                     .org = admitted.principal.org(),
                     .peer = admitted.head.peer.str(),
                     .request = admitted.head.id,
                     .outcome = traits(error.code).outcome,
                     .error = traits(error.code).slug};
  if (auto field = recordable_field(admitted.endpoint, error.field))
    event.details.push_back({.key = "field", .value = *std::move(field)});
  event.details.push_back({.key = "path", .value = recordable_path(admitted.endpoint, admitted.path)});
  auto receipt = co_await services_.journal.record(std::move(event));
  if (!receipt) co_return audit::Journal::refuse(receipt.error(), admitted.head.id);
  co_return audit::Journal::seal(audit::Journal::problem(error, admitted.head.id), *std::move(receipt));
}

http::SealedReply Application::refuse(const http::Refusal& refusal, const http::IpAddress&) {
  audit::ProblemOptions options;
  options.status = refusal.status;
  return audit::Journal::refuse(refusal.error(), RequestId{}, options);
}

}  // namespace kaito::api
