#include "appliance/auth/recorded.hpp"

namespace kaito::auth {

void mark_refused(audit::Event& event, Code code, std::string_view reason) {
  event.outcome = traits(code).outcome;
  event.error = traits(code).slug;
  event.details.push_back({.key = "reason", .value = std::string(reason)});
}

}  // namespace kaito::auth
