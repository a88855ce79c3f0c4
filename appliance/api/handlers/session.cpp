#include "appliance/api/handlers/session.hpp"

namespace kaito::api {

Done<SessionReply> done_session(const Services& services, auth::Recorded<auth::IssuedSession> issued) {
  const auto& policy = services.sessions.policy();
  std::vector<http::ReplyHeader> headers;
  if (issued.result) headers.push_back({"Set-Cookie", auth::session_cookie(issued.result->token)});
  auto answer = done<SessionReply>(std::move(issued), [&policy](const auth::IssuedSession& session) {
    return SessionReply{session.session.created_at + policy.absolute};
  });
  answer.headers = std::move(headers);
  return answer;
}

Task<Result<Done<SessionReply>>> LoginMember::process(Services& services, Call<Input> call) {
  auth::MemberCredentials credentials{.org = std::move(call.input.org.value),
                                      .username = std::move(call.input.username.value),
                                      .password = std::move(call.input.password)};
  KAITO_CO_TRY(auto issued, co_await services.member_login.login(call.permit, std::move(credentials)));
  co_return done_session(services, std::move(issued));
}

Task<Result<Done<SessionReply>>> AcceptInvitation::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto issued, co_await services.member_password.accept_invitation(
                                call.permit, std::move(call.input.invitation), std::move(call.input.username.value),
                                std::move(call.input.password)));
  co_return done_session(services, std::move(issued));
}

Task<Result<Done<SessionReply>>> ChangePassword::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto issued, co_await services.member_password.change(call.permit, std::move(call.input.old_password),
                                                                     std::move(call.input.new_password)));
  co_return done_session(services, std::move(issued));
}

Task<Result<Done<Nothing>>> Logout::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto ended, co_await services.sessions.logout(call.permit));
  auto answer = done(std::move(ended));
  answer.headers.push_back({"Set-Cookie", auth::expired_session_cookie()});
  co_return answer;
}

Task<Result<Done<WhoAmI::Output>>> WhoAmI::process(Services& services, Call<Input> call) {
  const auto& principal = call.permit.principal();
  const auto* session = principal.session();
  if (session == nullptr) co_return fail(Code::forbidden, "API keys have no session");
  Output output{.kind = audit::to_string(principal.kind()),
                .id = uuid_to_string(principal.id()),
                .name = principal.actor().name,
                .role = principal.staff() ? enum_name(principal.staff()->role) : enum_name(principal.member()->role),
                .org = principal.org(),
                .authenticated_at = session->authenticated_at,
                .expires_at = session->created_at + services.sessions.policy().absolute};
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return Done<Output>{std::move(output), std::move(receipt)};
}

}  // namespace kaito::api
