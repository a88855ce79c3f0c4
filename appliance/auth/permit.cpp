#include "appliance/auth/permit.hpp"

namespace kaito::auth {

store::MemberRole Permit::acting_role() const noexcept {
  if (const auto* member = principal_.member()) return member->role;
  return principal_.api_key() ? store::MemberRole::member : store::MemberRole::viewer;
}

Status Permit::check_rank(store::MemberRole role) const {
  if (role > acting_role()) return fail(Error{.code = Code::forbidden, .field = "role", .reason = "is above your own"});
  return {};
}

audit::Event Permit::event() const {
  audit::Event event;
  event.action = action_;
  event.actor = principal_.actor();
  event.org = org_;
  event.peer = peer_;
  event.request = request_;
  event.conditions = conditions_;
  return event;
}

}  // namespace kaito::auth
