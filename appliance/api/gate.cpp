#include "appliance/api/gate.hpp"

#include "appliance/api/services.hpp"
#include "appliance/auth/standing.hpp"

namespace kaito::api {
namespace {

constexpr Milliseconds kBodyDeadline{15'000};

bool changes_something(http::Method method) noexcept {
  return method != http::Method::get && method != http::Method::head;
}

// A browser sends the session cookie along with requests that other sites make. SameSite=Lax stops most of them; these
// two headers stop the rest (Fetch Metadata, RFC 6454 Origin).
Status check_web_origin(const http::RequestHead& head, const std::vector<std::string>& origins) {
  if (!changes_something(head.method)) return {};
  if (const auto site = head.header(http::HeaderName::sec_fetch_site);
      site && *site != "same-origin" && *site != "none")
    return fail(Error{.code = Code::forbidden, .field = "Sec-Fetch-Site", .reason = "says another site's page"});
  if (const auto origin = head.header(http::HeaderName::origin);
      origin && std::ranges::find(origins, *origin) == origins.end())
    return fail(Error{.code = Code::forbidden, .field = "Origin", .reason = "is not this appliance"});
  return {};
}

Status allow_role(const Access& access, const auth::Principal& principal) {
  bool allowed = false;
  if (const auto* staff = principal.staff())
    allowed = access.allows(staff->role);
  else if (const auto* member = principal.member())
    allowed = access.allows(member->role);
  else if (const auto* key = principal.api_key())
    allowed = access.scope && key->scopes.contains(*access.scope);
  else
    return fail(Code::unauthenticated, "no credentials");
  if (!allowed) return fail(Code::forbidden, "the endpoint's row does not list the caller");
  return {};
}

}  // namespace

Result<auth::Principal> Gate::identify(const Endpoint& endpoint, const http::RequestHead& head) const {
  if (const ApplianceState state = services_.status.state(); !endpoint.states.contains(state)) {
    if (state == ApplianceState::failed) return fail(Code::storage_failed, "a commit has failed; see the log");
    return fail(Error{.code = Code::wrong_state,
                      .detail = std::string(to_string(state)),
                      .field = "state",
                      .reason = "is " + std::string(to_string(state))});
  }
  KAITO_CHECK(check_web_origin(head, services_.origins));
  if (endpoint.access.anyone) return auth::Principal();
  KAITO_TRY(auth::Principal principal,
            services_.authenticator.authenticate({.authorization = head.header(http::HeaderName::authorization),
                                                  .cookie = head.header(http::HeaderName::cookie),
                                                  .peer = head.peer}));
  if (principal.is_anonymous()) return fail(Code::unauthenticated, "no credentials");
  return principal;
}

Status Gate::limit(const Endpoint& endpoint, const http::RequestHead& head, const auth::Principal& principal,
                   Seconds& retry_after) const {
  const auto decision = services_.rate_limiter.take(endpoint.rate, auth::RateKey::of(principal, head.peer));
  if (decision.allowed) return {};
  retry_after = decision.retry_after;
  return fail(Code::rate_limited, "bucket is empty");
}

bool Gate::limit_guess(const http::RequestHead& head, Seconds& retry_after) const {
  const auto decision = services_.rate_limiter.take(auth::RateClass::login, auth::RateKey::of(head.peer));
  retry_after = decision.retry_after;
  return decision.allowed;
}

Task<Result<std::span<std::uint8_t>>> Gate::read_body(const Endpoint& endpoint, http::Request& request) const {
  if (!request.has_body()) co_return std::span<std::uint8_t>{};
  if (!changes_something(request.head().method)) co_return fail_invalid("body", "is not taken with this method");
  const auto type = request.head().header(http::HeaderName::content_type);
  if (!type || !(*type == "application/json" || type->starts_with("application/json;")))
    co_return fail(
        Error{.code = Code::unsupported_media_type, .field = "Content-Type", .reason = "must be application/json"});
  co_return co_await request.read_body(endpoint.body_limit, kBodyDeadline);
}

Result<auth::Permit> Gate::authorise(const Admitted& admitted) const {
  const Access& access = admitted.endpoint.access;
  std::optional<OrgId> org = admitted.principal.org();
  if (admitted.path.get("org")) {
    KAITO_TRY(const OrgId named, admitted.path.id<OrgId>("org"));
    // Another org's objects do not exist for a member or a key, whatever the role.
    if (org && *org != named) return fail(Code::not_found, "another org's path");
    org = named;
  }
  if (!access.anyone) KAITO_CHECK(allow_role(access, admitted.principal));
  if (const auto* session = admitted.principal.session();
      access.fresh && session != nullptr && !services_.sessions.is_fresh(*session))
    return fail(Code::fresh_login_required, "the session's login is too old");
  auth::Permit permit(admitted.principal, org, admitted.endpoint.action, admitted.head.id, admitted.head.peer.str());
  if (changes_something(admitted.head.method)) permit.depend_on(auth::standing_of(admitted.principal));
  return permit;
}

Status Gate::bind_approval(auth::Permit& permit, const Admitted& admitted,
                           const quorum::ProtectedAction& action) const {
  std::optional<ApprovalId> id;
  if (const auto named = admitted.head.header(kApprovalHeader)) {
    auto parsed = ApprovalId::parse(*named);
    if (!parsed) return fail_invalid(std::string(kApprovalHeader), "must be the id of an approval");
    id = *parsed;
  }
  KAITO_TRY(auto approval, services_.approvals.admit(permit, action, id));
  permit.depend_on(std::move(approval));
  return {};
}

}  // namespace kaito::api
