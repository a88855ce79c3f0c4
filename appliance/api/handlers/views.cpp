#include "appliance/api/handlers/views.hpp"

#include "appliance/auth/scope.hpp"

namespace kaito::api {

store::PageRequest page_request(const std::optional<PageLimit>& limit, const std::optional<Cursor>& cursor) {
  store::PageRequest page;
  if (limit) page.limit = limit->value;
  if (cursor) page.cursor = cursor->value;
  return page;
}

OrgView OrgView::of(const store::Org& org) {
  return {.id = org.id,
          .name = org.name,
          .created_at = org.created_at,
          .kek_version = org.kek_version,
          .dek_lease_seconds = org.dek_lease};
}

MemberView MemberView::of(const store::Member& member) {
  return {.id = member.id,
          .username = member.username,
          .display_name = member.display_name,
          .role = member.role,
          .state = member.state,
          .created_at = member.created_at};
}

GroupView GroupView::of(const store::Group& group) {
  return {.id = group.id, .name = group.name, .created_at = group.created_at};
}

Result<SeedView> SeedView::of(const store::Seed& seed) {
  KAITO_TRY(const auto parameters, vault::from_row(seed.parameters));
  SeedView view{.id = seed.id,
                .issuer = seed.issuer,
                .account = seed.account,
                .type = parameters.type,
                .algorithm = parameters.algorithm,
                .digits = parameters.digits,
                .period = {},
                .counter = {},
                .revision = seed.revision,
                .created_at = seed.created_at};
  if (parameters.type == otp::Type::hotp)
    view.counter = seed.counter;
  else
    view.period = parameters.period;
  return view;
}

StaffView StaffView::of(const store::Staff& staff) {
  return {.id = staff.id,
          .name = staff.name,
          .role = staff.role,
          .disabled = staff.disabled,
          .created_at = staff.created_at};
}

Result<ApiKeyView> ApiKeyView::of(const store::ApiKey& key) {
  KAITO_TRY(const auto scopes, auth::ScopeSet::from_bits(key.scopes));
  ApiKeyView view{.id = key.id,
                  .name = key.name,
                  .hint = key.hint,
                  .scopes = scopes.names(),
                  .groups = key.groups,
                  .allowed_networks = {},
                  .expires_at = key.expires_at,
                  .last_used = key.last_used,
                  .created_at = key.created_at};
  std::string_view rest = key.allowed_networks;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    view.allowed_networks.emplace_back(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return view;
}

}  // namespace kaito::api
