#include "appliance/auth/principal.hpp"

namespace kaito::auth {

audit::ActorKind Principal::kind() const noexcept {
  if (staff()) return audit::ActorKind::staff;
  if (member()) return audit::ActorKind::member;
  if (api_key()) return audit::ActorKind::api_key;
  return audit::ActorKind::anonymous;
}

const SessionFacts* Principal::session() const noexcept {
  if (const auto* who = staff()) return &who->session;
  if (const auto* who = member()) return &who->session;
  return nullptr;
}

std::optional<OrgId> Principal::org() const noexcept {
  if (const auto* who = member()) return who->org;
  if (const auto* who = api_key()) return who->org;
  return std::nullopt;
}

VisibleGroups Principal::visible_groups() const {
  if (const auto* who = member()) return who->groups;
  if (const auto* who = api_key()) return who->groups;
  return std::vector<GroupId>{};
}

UuidBytes Principal::id() const noexcept {
  if (const auto* who = staff()) return who->id.bytes();
  if (const auto* who = member()) return who->id.bytes();
  if (const auto* who = api_key()) return who->id.bytes();
  return {};
}

audit::Actor Principal::actor() const {
  audit::Actor actor{.kind = kind(), .id = id()};
  if (const auto* who = staff()) actor.name = who->name;
  if (const auto* who = member()) actor.name = who->username;
  if (const auto* who = api_key()) actor.name = who->name;
  return actor;
}

}  // namespace kaito::auth
