// Directory: members.
#include "appliance/auth/username.hpp"
#include "appliance/vault/directory.hpp"
#include "appliance/vault/directory_rules.hpp"
#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {
namespace {

audit::Target member_target(const MemberId& id) { return {.kind = "member", .id = id.str()}; }

auth::IssuedOneTimeToken issue_invitation(const store::Member& member, const Clock& clock, Random& random) {
  return auth::issue_one_time_token(store::OneTimePurpose::member_invitation, member.id.bytes(), member.org,
                                    auth::kInvitationLife, clock, random);
}

// The row after the change; the record names each changed field, and never one key twice.
Status apply(const auth::Permit& permit, const MemberChange& change, store::Member& member, audit::Event& event) {
  const auto changed = [&event](std::string_view what, std::string_view value) {
    event.details.push_back({.key = what, .value = std::string(value)});
  };
  if (change.display_name && *change.display_name != member.display_name) {
    member.display_name = *change.display_name;
    changed("changed", "display_name");
  }
  if (change.role && *change.role != member.role) {
    KAITO_CHECK(permit.check_rank(*change.role));
    KAITO_CHECK(check_may_vouch(permit));
    changed("role_before", std::to_string(static_cast<int>(member.role)));
    changed("role_after", std::to_string(static_cast<int>(*change.role)));
    member.role = *change.role;
  }
  if (change.disabled && *change.disabled != (member.state == store::MemberState::disabled)) {
    // Without a password an account can only become invited again.
    const auto enabled = member.password_hash.empty() ? store::MemberState::invited : store::MemberState::active;
    member.state = *change.disabled ? store::MemberState::disabled : enabled;
    changed("state", *change.disabled ? "disabled" : "enabled");
  }
  return {};
}

}  // namespace

Task<Result<auth::Recorded<InvitedMember>>> Directory::invite(const auth::Permit& permit, NewMember wanted) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  KAITO_CO_TRY(std::string username, auth::normalise_username(wanted.username));
  KAITO_CO_CHECK(permit.check_rank(wanted.role));
  KAITO_CO_CHECK(check_may_vouch(permit));
  InvitedMember invited;
  invited.member = {.id = MemberId::make(clock_, random_),
                    .org = org,
                    .username = username,
                    .display_name = wanted.display_name.empty() ? username : std::move(wanted.display_name),
                    .role = wanted.role,
                    .state = store::MemberState::invited,
                    .created_at = clock_.now()};
  auto invitation = issue_invitation(invited.member, clock_, random_);
  audit::Event event = permit.event();
  event.targets.push_back(member_target(invited.member.id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(const auto taken, writer.member_by_username(org, username));
    if (taken) return fail(Error{.code = Code::conflict, .field = "username", .reason = "belongs to a member already"});
    KAITO_CHECK(writer.insert(invited.member));
    return writer.insert(invitation.row);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  invited.invitation = std::move(invitation.token);
  co_return auth::Recorded<InvitedMember>{std::move(invited), std::move(receipt)};
}

Task<Result<auth::Recorded<InvitedMember>>> Directory::reinvite(const auth::Permit& permit, MemberId id) {
  KAITO_CO_CHECK(check_may_vouch(permit));
  // It would be a new password without the old one.
  if (const auto* caller = permit.principal().member(); caller != nullptr && caller->id == id)
    co_return fail(
        Error{.code = Code::conflict, .field = "member", .reason = "is yourself: change your password instead"});
  InvitedMember invited;
  audit::Event event = permit.event();
  event.targets.push_back(member_target(id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(invited.member, member_in_reach(writer, permit, id));
    KAITO_CHECK(check_not_last_owner(writer, invited.member));
    auto invitation = issue_invitation(invited.member, clock_, random_);
    invited.member.state = store::MemberState::invited;
    invited.member.password_hash.clear();
    invited.member.failed_logins = 0;
    invited.member.locked_until.reset();
    KAITO_CHECK(writer.update(invited.member));
    KAITO_CHECK(writer.remove_sessions_of(store::SubjectKind::member, id.bytes()));
    KAITO_CHECK(writer.remove_one_time_tokens_of(id.bytes()));
    KAITO_CHECK(writer.insert(invitation.row));
    invited.invitation = std::move(invitation.token);
    return {};
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<InvitedMember>{std::move(invited), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<store::Member>>>> Directory::members(const auth::Permit& permit,
                                                                            store::PageRequest page) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  store::Page<store::Member> members;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(members, snapshot->members(org, page));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(permit.event()));
  co_return auth::Recorded<store::Page<store::Member>>{std::move(members), std::move(receipt)};
}

Task<Result<auth::Recorded<MemberDetails>>> Directory::member(const auth::Permit& permit, MemberId id) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  MemberDetails details;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(auto member, snapshot->member(org, id));
    if (!member) co_return fail(Code::not_found, "no such member in the org");
    details.member = *std::move(member);
    KAITO_CO_TRY(details.groups, snapshot->groups_of_member(id));
  }
  audit::Event event = permit.event();
  event.targets.push_back(member_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<MemberDetails>{std::move(details), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Member>>> Directory::change_member(const auth::Permit& permit, MemberId id,
                                                                     MemberChange wanted) {
  store::Member member;
  audit::Event event = permit.event();
  event.targets.push_back(member_target(id));
  auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
    KAITO_TRY(member, member_in_reach(writer, permit, id));
    const store::Member before = member;
    KAITO_CHECK(apply(permit, wanted, member, recorded));
    const bool loses = member.role < before.role || member.state != before.state;
    if (loses) KAITO_CHECK(check_not_last_owner(writer, before));
    KAITO_CHECK(writer.update(member));
    if (member.role == before.role && member.state == before.state) return {};
    return writer.remove_sessions_of(store::SubjectKind::member, id.bytes());
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::Member>{std::move(member), std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Directory::remove_member(const auth::Permit& permit, MemberId id) {
  audit::Event event = permit.event();
  event.targets.push_back(member_target(id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_TRY(const store::Member member, member_in_reach(writer, permit, id));
    KAITO_CHECK(check_not_last_owner(writer, member));
    return writer.remove_member(member.org, id);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

}  // namespace kaito::vault
