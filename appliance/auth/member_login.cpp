#include "appliance/auth/member_login.hpp"

#include "appliance/auth/password_attempt.hpp"
#include "appliance/auth/password_policy.hpp"
#include "appliance/auth/username.hpp"

namespace kaito::auth {
namespace {

struct Account {
  std::optional<OrgId> org;
  std::optional<store::Member> member;
};

Result<Account> find_account(store::Store& store, std::string_view org_name, std::string_view username) {
  KAITO_TRY(const auto reader, store.snapshot());
  KAITO_TRY(const std::optional<store::Org> org, reader->org_by_name(org_name));
  if (!org) return Account{};
  KAITO_TRY(std::optional<store::Member> member, reader->member_by_username(org->id, username));
  return Account{.org = org->id, .member = std::move(member)};
}

}  // namespace

MemberLogin::MemberLogin(store::Store& store, audit::Journal& journal, PasswordHasher& hasher, Sessions& sessions,
                         const Clock& clock, const LockoutPolicy& policy)
    : store_(store), journal_(journal), hasher_(hasher), sessions_(sessions), clock_(clock), policy_(policy) {}

Task<Result<Recorded<IssuedSession>>> MemberLogin::login(const Permit& permit, MemberCredentials credentials) {
  KAITO_CO_TRY(const std::string username, normalise_username(credentials.username));
  if (credentials.password.size() > kMaxPasswordBytes) co_return fail_invalid("password", "is too long");
  KAITO_CO_TRY(Account account, find_account(store_, credentials.org, username));
  KAITO_CO_TRY(const PasswordAttempt attempt,
               co_await check_password_of(hasher_, std::move(account.member), credentials.password));

  // A hash made at an older cost is replaced while the password is at hand.
  std::string new_hash;
  if (attempt.matches && hasher_.needs_rehash(attempt.account->password_hash)) {
    KAITO_CO_TRY(new_hash, co_await hasher_.hash(std::move(credentials.password)));
  }

  audit::Event event = permit.event();
  event.org = account.org;
  std::optional<IssuedSession> issued;
  auto decide = [&](store::Writer& writer, audit::Event& record) -> Status {
    KAITO_TRY(JudgedAttempt judged, judge(writer, attempt, policy_, clock_.now()));
    const store::Member& member = judged.member;
    if (judged.verdict != Verdict::unknown_account) record.targets.push_back({.kind = "member", .id = member.id.str()});
    if (judged.verdict != Verdict::granted) {
      mark_refused(record, Code::unauthenticated, to_string(judged.verdict));
      return {};
    }
    if (!new_hash.empty()) {
      judged.member.password_hash = std::move(new_hash);
      KAITO_CHECK(writer.update(member));
    }
    issued = sessions_.issue(store::SubjectKind::member, member.id.bytes(), member.org, permit.peer());
    record.actor = {.kind = audit::ActorKind::member, .id = member.id.bytes(), .name = member.username};
    return writer.insert(issued->session);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(decide)));
  if (!issued)
    co_return Recorded<IssuedSession>{.result = fail(Code::unauthenticated, "login refused"),
                                      .receipt = std::move(receipt)};
  co_return Recorded<IssuedSession>{.result = *std::move(issued), .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
