#include "appliance/auth/session.hpp"

#include <fmt/format.h>

namespace kaito::auth {
namespace {

constexpr std::string_view kCookieName = "__Host-kaito_session";
constexpr std::string_view kCookieAttributes = "; Path=/; Secure; HttpOnly; SameSite=Lax";
constexpr Seconds kSessionTouchInterval = std::chrono::minutes(1);
// How far a session's stamps may lie ahead of the clock. More means that the clock was set back, and with it every
// session's end put off: such sessions end (F38).
constexpr Seconds kClockSlack = std::chrono::minutes(2);

std::unexpected<Error> no_session(std::string_view why) { return fail(Code::unauthenticated, std::string(why)); }

Status check_age(const store::Session& session, const SessionPolicy& policy, TimePoint now) {
  if (session.last_seen > now + kClockSlack || session.created_at > now + kClockSlack)
    return no_session("session is from the future");
  if (now >= session.created_at + policy.absolute) return no_session("session is over its absolute age");
  if (now >= session.last_seen + policy.idle) return no_session("session was idle too long");
  return {};
}

SessionFacts facts_of(const store::Session& session) {
  return {.id = session.id,
          .token_hash = session.token_hash,
          .created_at = session.created_at,
          .authenticated_at = session.authenticated_at};
}

Result<Principal> member_behind(store::Reader& reader, const store::Session& session) {
  if (!session.org) return fail(Code::integrity, "member session without an org");
  const MemberId id(session.subject);
  KAITO_TRY(std::optional<store::Member> member, reader.member(*session.org, id));
  if (!member || member->state != store::MemberState::active) return no_session("session's member is not active");
  MemberPrincipal principal{.id = id,
                            .org = *session.org,
                            .username = std::move(member->username),
                            .role = member->role,
                            .session = facts_of(session)};
  if (member->role >= store::MemberRole::admin) {
    principal.groups.reset();
  } else {
    KAITO_TRY(principal.groups, reader.groups_of_member(id));
  }
  return Principal(std::move(principal));
}

Result<Principal> staff_behind(store::Reader& reader, const store::Session& session) {
  const StaffId id(session.subject);
  KAITO_TRY(std::optional<store::Staff> staff, reader.staff(id));
  if (!staff || staff->disabled) return no_session("session's staff member is disabled");
  return Principal(
      StaffPrincipal{.id = id, .name = std::move(staff->name), .role = staff->role, .session = facts_of(session)});
}

}  // namespace

Status SessionPolicy::check() const {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (absolute < hours(1) || absolute > hours(7 * 24))
    return fail(Code::configuration, "a session's absolute age must be 1 h to 7 d");
  if (idle < minutes(5) || idle > absolute)
    return fail(Code::configuration, "a session's idle time must be 5 min to its absolute age");
  if (fresh < minutes(1) || fresh > hours(1))
    return fail(Code::configuration, "a login must count as fresh for 1 min to 1 h");
  return {};
}

std::string session_cookie(const Token& token) {
  return fmt::format("{}={}{}", kCookieName, as_text(token.expose_secret()), kCookieAttributes);
}

std::string expired_session_cookie() { return fmt::format("{}={}; Max-Age=0", kCookieName, kCookieAttributes); }

Result<std::optional<std::string_view>> session_token_in(std::string_view cookie_header) {
  std::optional<std::string_view> token;
  while (!cookie_header.empty()) {
    const std::size_t end = std::min(cookie_header.find(';'), cookie_header.size());
    std::string_view pair = cookie_header.substr(0, end);
    cookie_header.remove_prefix(std::min(end + 1, cookie_header.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (!pair.starts_with(kCookieName) || !pair.substr(kCookieName.size()).starts_with('=')) continue;
    if (token) return no_session("two session cookies");
    token = pair.substr(kCookieName.size() + 1);
  }
  return token;
}

Sessions::Sessions(store::Store& store, audit::Journal& journal, const Clock& clock, Random& random,
                   const SessionPolicy& policy)
    : store_(store), journal_(journal), clock_(clock), random_(random), policy_(policy) {
  KAITO_INVARIANT(policy_.check().has_value());
}

IssuedSession Sessions::issue(store::SubjectKind kind, const UuidBytes& subject, const std::optional<OrgId>& org,
                              std::string peer) const {
  Token token = make_token(TokenKind::session, random_);
  const Result<TokenDigest> digest = digest_token(TokenKind::session, token);
  KAITO_INVARIANT(digest.has_value());
  const TimePoint now = clock_.now();
  return {.token = std::move(token),
          .session = {.id = SessionId::make(clock_, random_),
                      .token_hash = *digest,
                      .kind = kind,
                      .subject = subject,
                      .org = org,
                      .created_at = now,
                      .last_seen = now,
                      .authenticated_at = now,
                      .peer = std::move(peer)}};
}

Result<Principal> Sessions::authenticate(store::Reader& reader, std::string_view token) {
  KAITO_TRY(const TokenDigest digest, digest_token(TokenKind::session, token));
  KAITO_TRY(const std::optional<store::Session> session, reader.session(digest));
  if (!session) return no_session("session is unknown or ended");
  const TimePoint now = clock_.now();
  KAITO_CHECK(check_age(*session, policy_, now));
  KAITO_TRY(Principal principal, session->kind == store::SubjectKind::staff ? staff_behind(reader, *session)
                                                                            : member_behind(reader, *session));
  touch(*session, now);
  return principal;
}

bool Sessions::is_fresh(const SessionFacts& session) const noexcept {
  const TimePoint now = clock_.now();
  return session.authenticated_at <= now + kClockSlack && now < session.authenticated_at + policy_.fresh;
}

// Being seen gives nobody a right and tells nothing that the request's own record does not: the one change besides the
// journal's own that is not recorded. Nobody waits for it; when it fails, the session merely counts as idle for longer.
void Sessions::touch(const store::Session& session, TimePoint now) {
  if (now < session.last_seen + kSessionTouchInterval) return;
  static_cast<void>(store_.write(
      [id = session.id, now](store::Writer& writer) { return writer.touch_session(id, now); }, store::JobKind::change));
}

Task<Result<Recorded<void>>> Sessions::logout(const Permit& permit) {
  const SessionFacts* session = permit.principal().session();
  if (!session) co_return no_session("there is no session to end");
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(permit.event(), [id = session->id](store::Writer& writer, audit::Event&) {
                 return writer.remove_session(id);
               }));
  co_return Recorded<void>{.result = {}, .receipt = std::move(receipt)};
}

Task<Result<Recorded<void>>> Sessions::revoke_all(const Permit& permit, MemberId member) {
  const std::optional<OrgId> org = permit.org();
  if (!org) co_return fail(Code::not_found, "members belong to an org");
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(permit.event(), [&](store::Writer& writer, audit::Event& event) -> Status {
                 KAITO_TRY(const auto row, writer.member(*org, member));
                 if (!row) return fail(Code::not_found, "no such member in the org");
                 KAITO_CHECK(permit.check_rank(row->role));
                 event.targets.push_back({.kind = "member", .id = member.str()});
                 return writer.remove_sessions_of(store::SubjectKind::member, member.bytes());
               }));
  co_return Recorded<void>{.result = {}, .receipt = std::move(receipt)};
}

Task<Result<Recorded<void>>> Sessions::revoke_all(const Permit& permit, StaffId staff) {
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(permit.event(), [=](store::Writer& writer, audit::Event& event) -> Status {
                 KAITO_TRY(const auto row, writer.staff(staff));
                 if (!row) return fail(Code::not_found, "no such staff member");
                 event.targets.push_back({.kind = "staff", .id = staff.str()});
                 return writer.remove_sessions_of(store::SubjectKind::staff, staff.bytes());
               }));
  co_return Recorded<void>{.result = {}, .receipt = std::move(receipt)};
}

Task<Status> Sessions::sweep() {
  const TimePoint now = clock_.now();
  co_return co_await store_.write([created = now - policy_.absolute, seen = now - policy_.idle](
                                      store::Writer& writer) { return writer.remove_sessions_before(created, seen); },
                                  store::JobKind::change);
}

}  // namespace kaito::auth
