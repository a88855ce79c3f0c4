#include "appliance/auth/member_password.hpp"

#include "appliance/auth/password_attempt.hpp"
#include "appliance/auth/password_policy.hpp"
#include "appliance/auth/username.hpp"

namespace kaito::auth {
namespace {

constexpr auto kInvitation = store::OneTimePurpose::member_invitation;

// A member, and the name of the org for the password policy.
struct PasswordAccount {
  store::Member member;
  std::string org_name;
};

Result<PasswordAccount> find_invited(store::Reader& reader, const store::OneTimeToken& token,
                                     std::string_view username) {
  if (!token.org) return fail(Code::integrity, "invitation without an org");
  KAITO_TRY(std::optional<store::Org> org, reader.org(*token.org));
  KAITO_TRY(std::optional<store::Member> member, reader.member(*token.org, MemberId(token.subject)));
  if (!org || !member || member->state != store::MemberState::invited)
    return fail(Code::unauthenticated, "invitation's member is not waiting for one");
  if (member->username != username) return fail(Code::unauthenticated, "invitation is another user's");
  return PasswordAccount{.member = *std::move(member), .org_name = std::move(org->name)};
}

Result<PasswordAccount> find_own(store::Store& store, const MemberPrincipal& who) {
  KAITO_TRY(const auto reader, store.snapshot());
  KAITO_TRY(std::optional<store::Org> org, reader->org(who.org));
  KAITO_TRY(std::optional<store::Member> member, reader->member(who.org, who.id));
  if (!org || !member) return fail(Code::unauthenticated, "member was removed meanwhile");
  return PasswordAccount{.member = *std::move(member), .org_name = std::move(org->name)};
}

struct Acceptance {
  const Clock& clock;
  TokenDigest invitation;
  std::string username;
  std::string hash;
  IssuedSession offered;

  Status apply(store::Writer& writer, audit::Event& record) {
    KAITO_TRY(const store::OneTimeToken token, redeem_one_time_token(writer, kInvitation, invitation, clock.now()));
    KAITO_TRY(PasswordAccount account, find_invited(writer, token, username));
    store::Member& member = account.member;
    member.state = store::MemberState::active;
    member.password_hash = hash;
    clear_failures(member);
    KAITO_CHECK(writer.update(member));
    record.org = member.org;
    record.actor = {.kind = audit::ActorKind::member, .id = member.id.bytes(), .name = member.username};
    record.targets.push_back({.kind = "member", .id = member.id.str()});
    return writer.insert(offered.session);
  }
};

struct PasswordChange {
  const Clock& clock;
  LockoutPolicy policy;
  PasswordAttempt attempt;
  std::string new_hash;
  IssuedSession offered;
  bool granted = false;

  Status apply(store::Writer& writer, audit::Event& record) {
    record.targets.push_back({.kind = "member", .id = attempt.account->id.str()});
    KAITO_TRY(JudgedAttempt judged, judge(writer, attempt, policy, clock.now()));
    if (judged.verdict != Verdict::granted) {
      mark_refused(record, Code::unauthenticated, to_string(judged.verdict));
      return {};
    }
    judged.member.password_hash = new_hash;
    KAITO_CHECK(writer.update(judged.member));
    KAITO_CHECK(writer.remove_sessions_of(store::SubjectKind::member, judged.member.id.bytes()));
    granted = true;
    return writer.insert(offered.session);
  }
};

}  // namespace

MemberPassword::MemberPassword(store::Store& store, audit::Journal& journal, PasswordHasher& hasher, Sessions& sessions,
                               const Clock& clock, const LockoutPolicy& policy)
    : store_(store), journal_(journal), hasher_(hasher), sessions_(sessions), clock_(clock), policy_(policy) {}

Task<Result<Recorded<IssuedSession>>> MemberPassword::accept_invitation(const Permit& permit, Token invitation,
                                                                        std::string username, Passphrase password) {
  KAITO_CO_TRY(std::string name, normalise_username(username));
  KAITO_CO_TRY(const TokenDigest digest, digest_token(TokenKind::one_time, invitation));
  std::optional<store::Member> member;
  {
    KAITO_CO_TRY(const auto reader, store_.snapshot());
    KAITO_CO_TRY(const store::OneTimeToken token, find_one_time_token(*reader, kInvitation, digest, clock_.now()));
    KAITO_CO_TRY(PasswordAccount invited, find_invited(*reader, token, name));
    KAITO_CO_CHECK(check_password(password, name, invited.org_name, "password"));
    member = std::move(invited.member);
  }
  KAITO_CO_TRY(std::string hash, co_await hasher_.hash(std::move(password)));
  auto acceptance = std::make_shared<Acceptance>(Acceptance{
      .clock = clock_,
      .invitation = digest,
      .username = std::move(name),
      .hash = std::move(hash),
      .offered = sessions_.issue(store::SubjectKind::member, member->id.bytes(), member->org, permit.peer())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, permit.event(), acceptance));
  co_return Recorded<IssuedSession>{.result = std::move(acceptance->offered), .receipt = std::move(receipt)};
}

Task<Result<Recorded<IssuedSession>>> MemberPassword::change(const Permit& permit, Passphrase old_password,
                                                             Passphrase new_password) {
  const MemberPrincipal* who = permit.principal().member();
  if (!who) co_return fail(Code::forbidden, "only members have passwords");
  if (old_password.size() > kMaxPasswordBytes) co_return fail_invalid("old_password", "is too long");
  if (old_password == new_password) co_return fail_invalid("new_password", "must differ from the old one");
  KAITO_CO_TRY(PasswordAccount own, find_own(store_, *who));
  KAITO_CO_CHECK(check_password(new_password, own.member.username, own.org_name, "new_password"));
  KAITO_CO_TRY(PasswordAttempt attempt, co_await check_password_of(hasher_, std::move(own.member), old_password));
  std::string new_hash;
  if (attempt.matches) {
    KAITO_CO_TRY(new_hash, co_await hasher_.hash(std::move(new_password)));
  }

  auto change = std::make_shared<PasswordChange>(
      PasswordChange{.clock = clock_,
                     .policy = policy_,
                     .attempt = std::move(attempt),
                     .new_hash = std::move(new_hash),
                     .offered = sessions_.issue(store::SubjectKind::member, who->id.bytes(), who->org, permit.peer())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, permit.event(), change));
  if (!change->granted)
    co_return Recorded<IssuedSession>{.result = fail(Code::unauthenticated, "old password refused"),
                                      .receipt = std::move(receipt)};
  co_return Recorded<IssuedSession>{.result = std::move(change->offered), .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
