#include "appliance/api/handlers/orgs.hpp"

namespace kaito::api {
namespace {

vault::NewOrg wanted_org(NewOrgInput& input) {
  vault::NewOrg wanted{.name = std::move(input.name.value), .owner_username = std::move(input.owner_username.value)};
  if (input.owner_display_name) wanted.owner_display_name = std::move(input.owner_display_name->value);
  if (input.dek_lease_seconds) wanted.dek_lease = input.dek_lease_seconds->value;
  if (input.groups)
    for (auto& name : input.groups->values) wanted.groups.push_back(std::move(name.value));
  return wanted;
}

}  // namespace

Task<Result<Done<CreateOrg::Output>>> CreateOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto created, co_await services.orgs.create(call.permit, wanted_org(call.input)));
  co_return done<Output>(std::move(created), [](vault::CreatedOrg org) {
    Output output{OrgView::of(org.org),
                  MemberView::of(org.owner),
                  {},
                  ShownOnce(std::string(as_text(org.invitation.expose_secret())))};
    for (const auto& group : org.groups) output.groups.push_back(GroupView::of(group));
    return output;
  });
}

Task<Result<Done<CheckNewOrg::Output>>> CheckNewOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto checked, co_await services.orgs.check(call.permit, wanted_org(call.input)));
  co_return done<Output>(std::move(checked), [](vault::NewOrg org) {
    return Output{std::move(org.name), std::move(org.owner_username), std::move(org.owner_display_name), org.dek_lease,
                  std::move(org.groups)};
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
