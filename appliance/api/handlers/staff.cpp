#include "appliance/api/handlers/staff.hpp"

#include <boost/json/serialize.hpp>

namespace kaito::api {
namespace {

// Opening a ceremony changes nothing, but it is an answer, and every answer has its record.
Task<Result<Done<CeremonyReply>>> offer(Services& services, const auth::Permit& permit, auth::CeremonyOffer opened) {
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(permit.event()));
  co_return Done<CeremonyReply>{CeremonyReply{std::move(opened.ceremony), {boost::json::serialize(opened.options)}},
                                std::move(receipt)};
}

EnrolmentView enrolment_view(auth::InvitedStaff invited) {
  return {StaffView::of(invited.staff), ShownOnce(std::string(as_text(invited.token.expose_secret())))};
}

}  // namespace

Task<Result<Done<CeremonyReply>>> BeginStaffEnrolment::process(Services& services, Call<Input> call) {
  const std::string name = call.input.name ? call.input.name->value : "";
  KAITO_CO_TRY(auto opened, services.staff_enrolment.begin(call.permit, call.input.token, name));
  co_return co_await offer(services, call.permit, std::move(opened));
}

Task<Result<Done<StaffView>>> FinishStaffEnrolment::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto enrolled,
               co_await services.staff_enrolment.finish(call.permit, call.input.ceremony.value,
                                                        std::move(call.input.label.value), call.input.response));
  co_return done<Output>(std::move(enrolled),
                         [](const auth::EnrolledStaff& enrolled_staff) { return StaffView::of(enrolled_staff.staff); });
}

Task<Result<Done<CeremonyReply>>> BeginStaffLogin::process(Services& services, Call<Input> call) {
  auto opened = services.staff_login.begin(call.permit);
  co_return co_await offer(services, call.permit, std::move(opened));
}

Task<Result<Done<SessionReply>>> FinishStaffLogin::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto issued,
               co_await services.staff_login.finish(call.permit, call.input.ceremony.value, call.input.response));
  co_return done_session(services, std::move(issued));
}

Result<std::optional<quorum::ProtectedAction>> CreateStaff::protected_action(Services&, const Input& input,
                                                                             const PathParameters&) {
  return quorum::ProtectedAction::create_staff(input.name.value, input.role);
}

Task<Result<Done<EnrolmentView>>> CreateStaff::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto invited,
               co_await services.staff_registry.create(call.permit, std::move(call.input.name.value), call.input.role));
  co_return done<Output>(std::move(invited), enrolment_view);
}

Result<std::optional<quorum::ProtectedAction>> InviteStaff::protected_action(Services&, const Input&,
                                                                             const PathParameters& path) {
  KAITO_TRY(const StaffId id, path.id<StaffId>("staff"));
  return quorum::ProtectedAction::invite_staff(id);
}

Task<Result<Done<EnrolmentView>>> InviteStaff::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const StaffId id, call.path.id<StaffId>("staff"));
  KAITO_CO_TRY(auto invited, co_await services.staff_registry.invite(call.permit, id));
  co_return done<Output>(std::move(invited), enrolment_view);
}

Task<Result<Done<ListStaff::Output>>> ListStaff::process(Services& services, Call<Input> call) {
  Output listing;
  {
    KAITO_CO_TRY(const auto snapshot, services.store.snapshot());
    KAITO_CO_TRY(const auto everybody, snapshot->all_staff());
    for (const auto& staff : everybody) listing.items.push_back(StaffView::of(staff));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return Done<Output>{std::move(listing), std::move(receipt)};
}

Task<Result<Done<GetStaff::Output>>> GetStaff::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const StaffId id, call.path.id<StaffId>("staff"));
  Output output;
  {
    KAITO_CO_TRY(const auto snapshot, services.store.snapshot());
    KAITO_CO_TRY(const auto staff, snapshot->staff(id));
    if (!staff) co_return fail(Code::not_found, "no such staff member");
    output.staff = StaffView::of(*staff);
    KAITO_CO_TRY(const auto credentials, snapshot->credentials_of(id));
    for (const auto& credential : credentials)
      output.keys.push_back({to_base64url(credential.credential_id), credential.label, credential.created_at});
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return Done<Output>{std::move(output), std::move(receipt)};
}

Result<std::optional<quorum::ProtectedAction>> ChangeStaff::protected_action(Services&, const Input& input,
                                                                             const PathParameters& path) {
  KAITO_TRY(const StaffId id, path.id<StaffId>("staff"));
  return quorum::ProtectedAction::change_staff(id, input.disabled);
}

Task<Result<Done<StaffView>>> ChangeStaff::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const StaffId id, call.path.id<StaffId>("staff"));
  KAITO_CO_TRY(auto staff, co_await services.staff_registry.set_disabled(call.permit, id, call.input.disabled));
  co_return done<Output>(std::move(staff), StaffView::of);
}

Task<Result<Done<Nothing>>> RevokeStaffSessions::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const StaffId id, call.path.id<StaffId>("staff"));
  KAITO_CO_TRY(auto revoked, co_await services.sessions.revoke_all(call.permit, id));
  co_return done(std::move(revoked));
}

Result<std::optional<quorum::ProtectedAction>> RemoveStaffKey::protected_action(Services&, const Input&,
                                                                                const PathParameters& path) {
  KAITO_TRY(const StaffId id, path.id<StaffId>("staff"));
  auto credential = from_base64url(path.get("credential").value_or(""));
  if (!credential) return fail(Code::not_found, "not a credential id");
  return quorum::ProtectedAction::remove_staff_key(id, *std::move(credential));
}

Task<Result<Done<Nothing>>> RemoveStaffKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const StaffId id, call.path.id<StaffId>("staff"));
  auto credential = from_base64url(call.path.get("credential").value_or(""));
  if (!credential) co_return fail(Code::not_found, "not a credential id");
  KAITO_CO_TRY(auto removed,
               co_await services.staff_registry.remove_credential(call.permit, id, *std::move(credential)));
  co_return done(std::move(removed));
}

}  // namespace kaito::api
