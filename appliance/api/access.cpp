#include "appliance/api/access.hpp"

namespace kaito::api {

std::string_view to_string(ApplianceState state) noexcept {
  switch (state) {
    case ApplianceState::unprovisioned: return "unprovisioned";
    case ApplianceState::locked: return "locked";
    case ApplianceState::operational: return "operational";
    case ApplianceState::maintenance: return "maintenance";
    case ApplianceState::failed: return "failed";
  }
  return "failed";
}

}  // namespace kaito::api
