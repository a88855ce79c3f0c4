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

Task<Result<Done<RenameOrg::Output>>> RenameOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto org, co_await services.orgs.rename(call.permit, std::move(call.input.name.value)));
  co_return done<Output>(std::move(org), OrgView::of);
}

Task<Result<Done<Nothing>>> DeleteOrg::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto removed, co_await services.orgs.remove(call.permit, std::move(call.input.confirm_name.value)));
  co_return done(std::move(removed));
}

}  // namespace kaito::api
