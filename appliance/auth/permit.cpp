#include "appliance/auth/permit.hpp"

namespace kaito::auth {

audit::Event Permit::event() const {
  audit::Event event;
  event.action = action_;
  event.actor = principal_.actor();
  event.org = org_;
  event.peer = peer_;
  event.request = request_;
  return event;
}

}  // namespace kaito::auth
