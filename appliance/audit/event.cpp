#include "appliance/audit/event.hpp"

#include "appliance/base/invariant.hpp"

namespace kaito::audit {

std::string_view to_string(ActorKind kind) noexcept {
  switch (kind) {
    case ActorKind::anonymous: return "anonymous";
    case ActorKind::staff: return "staff";
    case ActorKind::member: return "member";
    case ActorKind::api_key: return "api_key";
    case ActorKind::system: return "system";
  }
  KAITO_INVARIANT(false);
}

}  // namespace kaito::audit
