// Server-side sessions and their cookie (S7).
#pragma once

#include <string>
#include <string_view>

#include "appliance/auth/bearer_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/store/store.hpp"

namespace kaito::auth {

struct SessionPolicy {
  Seconds idle = std::chrono::hours(12);
  Seconds absolute = std::chrono::hours(7 * 24);
  Seconds fresh = std::chrono::minutes(5);  // how long a login counts as fresh for protected actions

  // absolute 1 h to 7 d, idle 5 min to `absolute`, fresh 1 min to 1 h; else Code::configuration.
  [[nodiscard]] Status check() const;
};

// The cookie's value, for Set-Cookie. The __Host- prefix (RFC 6265bis §4.1.3.2) ties it to this host, TLS and "/".
// No Max-Age: the browser drops it at its end, the server after `idle` or `absolute`. Wipe it after use.
std::string session_cookie(const Token& token);
// Makes the browser drop the cookie.
std::string expired_session_cookie();
// The session token in a Cookie header (RFC 6265 §4.2.1); none when it is not there. Two of them are
// Code::unauthenticated: which one counts would depend on the reader.
Result<std::optional<std::string_view>> session_token_in(std::string_view cookie_header);

struct IssuedSession {
  Token token;  // shown once
  store::Session session;
};

// Thread-safe.
class Sessions {
 public:
  Sessions(store::Store& store, audit::Journal& journal, const Clock& clock, Random& random,
           const SessionPolicy& policy);

  // A new session, authenticated now; the caller inserts the row in the transaction of its login.
  IssuedSession issue(store::SubjectKind kind, const UuidBytes& subject, const std::optional<OrgId>& org,
                      std::string peer) const;

  // The principal behind a session token: session neither idle nor too old, and its member active or its staff not
  // disabled, all as of this snapshot (F40). Else Code::unauthenticated. Notes the use at most once a minute.
  Result<Principal> authenticate(store::Reader& reader, std::string_view token);

  [[nodiscard]] bool is_fresh(const SessionFacts& session) const noexcept;
  [[nodiscard]] const SessionPolicy& policy() const noexcept { return policy_; }

  // Ends the permit's own session.
  Task<Result<Recorded<void>>> logout(const Permit& permit);
  // Ends all sessions of a member of the permit's org, or of a staff member. Code::not_found for another org's.
  Task<Result<Recorded<void>>> revoke_all(const Permit& permit, MemberId member);
  Task<Result<Recorded<void>>> revoke_all(const Permit& permit, StaffId staff);

  // Removes rows that no check would accept any more. Call now and then; touches nothing that anybody can see.
  Task<Status> sweep();

 private:
  void touch(const store::Session& session, TimePoint now);

  store::Store& store_;
  audit::Journal& journal_;
  const Clock& clock_;
  Random& random_;
  SessionPolicy policy_;
};

}  // namespace kaito::auth
