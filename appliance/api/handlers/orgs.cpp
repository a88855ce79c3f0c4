#include "appliance/api/handlers/orgs.hpp"

namespace kaito::api {

Task<Result<Done<CreateOrg::Output>>> CreateOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto created, co_await services.orgs.create(call.permit, std::move(call.input.name.value),
                                                           std::move(call.input.owner_username.value)));
  co_return done<Output>(std::move(created), [](vault::CreatedOrg org) {
    return Output{OrgView::of(org.org), MemberView::of(org.owner),
                  ShownOnce(std::string(as_text(org.invitation.expose_secret())))};
  });
}

Task<Result<Done<ListOrgs::Output>>> ListOrgs::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto page, co_await services.orgs.list(call.permit, page_request(call.input.limit, call.input.cursor)));
  co_return done_listing<OrgView>(std::move(page));
}

Task<Result<Done<GetOrg::Output>>> GetOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto org, co_await services.orgs.get(call.permit));
  co_return done<Output>(std::move(org), OrgView::of);
}

Task<Result<Done<ChangeOrg::Output>>> ChangeOrg::process(Services& services, Call<Input> call) {
  vault::OrgChange wanted;
  if (call.input.name) wanted.name = std::move(call.input.name->value);
  if (call.input.dek_lease_seconds) wanted.dek_lease = call.input.dek_lease_seconds->value;
  KAITO_CO_TRY(auto org, co_await services.orgs.change(call.permit, std::move(wanted)));
  co_return done<Output>(std::move(org), OrgView::of);
}

Result<std::optional<quorum::ProtectedAction>> DeleteOrg::protected_action(Services&, const Input&,
                                                                           const PathParameters& path) {
  KAITO_TRY(const OrgId id, path.id<OrgId>("org"));
  return quorum::ProtectedAction::delete_org(id);
}

Task<Result<Done<Nothing>>> DeleteOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto removed, co_await services.orgs.remove(call.permit, std::move(call.input.confirm_name.value)));
  co_return done(std::move(removed));
}

}  // namespace kaito::api
