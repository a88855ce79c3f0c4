#include "appliance/api/handlers/members.hpp"

namespace kaito::api {
namespace {

InvitationView invitation_view(vault::InvitedMember invited) {
  return {MemberView::of(invited.member), ShownOnce(std::string(as_text(invited.invitation.expose_secret())))};
}

template <class T>
std::optional<std::string> text_of(std::optional<T> field) {
  if (!field) return std::nullopt;
  return std::move(field->value);
}

}  // namespace

Task<Result<Done<InvitationView>>> InviteMember::process(Services& services, Call<Input> call) {
  vault::NewMember wanted{.username = std::move(call.input.username.value),
                          .display_name = text_of(std::move(call.input.display_name)).value_or(""),
                          .role = call.input.role};
  KAITO_CO_TRY(auto invited, co_await services.directory.invite(call.permit, std::move(wanted)));
  co_return done<Output>(std::move(invited), invitation_view);
}

Task<Result<Done<InvitationView>>> ReinviteMember::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const MemberId id, call.path.template id<MemberId>("member"));
  KAITO_CO_TRY(auto invited, co_await services.directory.reinvite(call.permit, id));
  co_return done<Output>(std::move(invited), invitation_view);
}

Task<Result<Done<ListMembers::Output>>> ListMembers::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page,
               co_await services.directory.members(call.permit, page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<MemberView>(std::move(page));
}

Task<Result<Done<GetMember::Output>>> GetMember::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const MemberId id, call.path.template id<MemberId>("member"));
  KAITO_CO_TRY(auto details, co_await services.directory.member(call.permit, id));
  co_return done<Output>(std::move(details), [](vault::MemberDetails found) {
    return Output{MemberView::of(found.member), std::move(found.groups)};
  });
}

Task<Result<Done<MemberView>>> ChangeMember::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const MemberId id, call.path.template id<MemberId>("member"));
  vault::MemberChange change{.display_name = text_of(std::move(call.input.display_name)),
                             .role = call.input.role,
                             .disabled = call.input.disabled};
  KAITO_CO_TRY(auto member, co_await services.directory.change_member(call.permit, id, std::move(change)));
  co_return done<Output>(std::move(member), MemberView::of);
}

Task<Result<Done<Nothing>>> RemoveMember::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const MemberId id, call.path.template id<MemberId>("member"));
  KAITO_CO_TRY(auto removed, co_await services.directory.remove_member(call.permit, id));
  co_return done(std::move(removed));
}

Task<Result<Done<Nothing>>> RevokeMemberSessions::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const MemberId id, call.path.template id<MemberId>("member"));
  KAITO_CO_TRY(auto revoked, co_await services.sessions.revoke_all(call.permit, id));
  co_return done(std::move(revoked));
}

}  // namespace kaito::api
