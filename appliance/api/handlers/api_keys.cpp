#include "appliance/api/handlers/api_keys.hpp"

#include "appliance/vault/seed_access.hpp"

namespace kaito::api {

Task<Result<Done<CreateApiKey::Output>>> CreateApiKey::process(Services& services, Call<Input> call) {
  std::vector<std::string> scopes;
  for (auto& scope : call.input.scopes.values) scopes.push_back(std::move(scope.value));
  auth::NewApiKey wanted{.name = std::move(call.input.name.value),
                         .scopes = {},
                         .groups = {},
                         .allowed_networks = {},
                         .expires_at = call.input.expires_at};
  KAITO_CO_TRY(wanted.scopes, auth::ScopeSet::parse(scopes));
  // A list that came out empty by mistake must not make a key for everything.
  if (call.input.groups && call.input.groups->values.empty())
    co_return fail_invalid("groups", "must not be empty; leave it out for all of the org's seeds");
  if (call.input.allowed_networks && call.input.allowed_networks->values.empty())
    co_return fail_invalid("allowed_networks", "must not be empty; leave it out for any network");
  if (call.input.groups) wanted.groups = std::move(call.input.groups->values);
  if (call.input.allowed_networks)
    for (auto& network : call.input.allowed_networks->values)
      wanted.allowed_networks.push_back(std::move(network.value));
  KAITO_CO_TRY(auto issued, co_await services.api_keys.issue(call.permit, std::move(wanted)));
  co_return done<Output>(std::move(issued), [](const auth::IssuedApiKey& key) -> Result<Output> {
    KAITO_TRY(auto view, ApiKeyView::of(key.key));
    return Output{std::move(view), ShownOnce(std::string(as_text(key.token.expose_secret())))};
  });
}

Task<Result<Done<ListApiKeys::Output>>> ListApiKeys::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const OrgId org, vault::org_of(call.permit));
  store::Page<store::ApiKey> page;
  {
    KAITO_CO_TRY(const auto snapshot, services.store.snapshot());
    KAITO_CO_TRY(page, snapshot->api_keys(org, page_request(call.input.limit, call.input.cursor)));
  }
  KAITO_CO_TRY(audit::Receipt receipt, co_await services.journal.record(call.permit.event()));
  co_return done_listing<ApiKeyView>(auth::Recorded<store::Page<store::ApiKey>>{std::move(page), std::move(receipt)});
}

Task<Result<Done<Nothing>>> RevokeApiKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const ApiKeyId id, call.path.id<ApiKeyId>("api_key"));
  KAITO_CO_TRY(auto revoked, co_await services.api_keys.revoke(call.permit, id));
  co_return done(std::move(revoked));
}

}  // namespace kaito::api
