#include "appliance/auth/member_login.hpp"

#include "appliance/auth/password_attempt.hpp"
#include "appliance/auth/password_policy.hpp"
#include "appliance/auth/username.hpp"

namespace kaito::auth {
namespace {

struct LoginAccount {
  std::optional<OrgId> org;
  std::optional<store::Member> member;
};

Result<LoginAccount> find_account(store::Store& store, std::string_view org_name, std::string_view username) {
  KAITO_TRY(const auto reader, store.snapshot());
  KAITO_TRY(const std::optional<store::Org> org, reader->org_by_name(org_name));
  if (!org) return LoginAccount{};
  KAITO_TRY(std::optional<store::Member> member, reader->member_by_username(org->id, username));
  return LoginAccount{.org = org->id, .member = std::move(member)};
}

// What the transaction of a login works on. `session` is offered, and kept only when granted.
struct MemberLoginDecision {
  const Clock& clock;
  LockoutPolicy policy;
  PasswordAttempt attempt;
  std::string new_hash;
  IssuedSession offered;
  bool granted = false;

  Status apply(store::Writer& writer, audit::Event& record) {
    KAITO_TRY(JudgedAttempt judged, judge(writer, attempt, policy, clock.now()));
    store::Member& member = judged.member;
    if (judged.verdict != Verdict::unknown_account) record.targets.push_back({.kind = "member", .id = member.id.str()});
    if (judged.verdict != Verdict::granted) {
      mark_refused(record, Code::unauthenticated, to_string(judged.verdict));
      return {};
    }
    if (!new_hash.empty()) {
      member.password_hash = new_hash;
      KAITO_CHECK(writer.update(member));
    }
    record.actor = {.kind = audit::ActorKind::member, .id = member.id.bytes(), .name = member.username};
    granted = true;
    return writer.insert(offered.session);
  }
};

}  // namespace

MemberLogin::MemberLogin(store::Store& store, audit::Journal& journal, PasswordHasher& hasher, Sessions& sessions,
                         const Clock& clock, const LockoutPolicy& policy)
    : store_(store), journal_(journal), hasher_(hasher), sessions_(sessions), clock_(clock), policy_(policy) {}

Task<Result<Recorded<IssuedSession>>> MemberLogin::login(const Permit& permit, MemberCredentials credentials) {
  KAITO_CO_TRY(const std::string username, normalise_username(credentials.username));
  if (credentials.password.size() > kMaxPasswordBytes) co_return fail_invalid("password", "is too long");
  KAITO_CO_TRY(LoginAccount account, find_account(store_, credentials.org, username));
  KAITO_CO_TRY(PasswordAttempt attempt,
               co_await check_password_of(hasher_, std::move(account.member), credentials.password));

  // A hash made at an older cost is replaced while the password is at hand.
  std::string new_hash;
  if (attempt.matches && hasher_.needs_rehash(attempt.account->password_hash)) {
    KAITO_CO_TRY(new_hash, co_await hasher_.hash(std::move(credentials.password)));
  }

  audit::Event event = permit.event();
  event.org = account.org;
  const UuidBytes subject = attempt.account ? attempt.account->id.bytes() : UuidBytes{};
  auto decision = std::make_shared<MemberLoginDecision>(
      MemberLoginDecision{.clock = clock_,
                          .policy = policy_,
                          .attempt = std::move(attempt),
                          .new_hash = std::move(new_hash),
                          .offered = sessions_.issue(store::SubjectKind::member, subject, account.org, permit.peer())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, std::move(event), decision));
  if (!decision->granted)
    co_return Recorded<IssuedSession>{.result = fail(Code::unauthenticated, "login refused"),
                                      .receipt = std::move(receipt)};
  co_return Recorded<IssuedSession>{.result = std::move(decision->offered), .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
