// Permits for tests of services. The product's only maker of permits is the Gate.
#pragma once

#include "appliance/auth/permit.hpp"

namespace kaito::auth {

class PermitForTest {
 public:
  static Permit make(Principal principal, std::optional<OrgId> org, std::string_view action,
                     std::string peer = "192.0.2.7") {
    return {std::move(principal), org, action, RequestId(make_uuid_v7(from_unix_ms(1'750'000'000'000), random())),
            std::move(peer)};
  }
  // As the Gate binds it to an approval, or to its caller's standing.
  static Permit bound(Permit permit, std::shared_ptr<audit::Condition> condition) {
    permit.depend_on(std::move(condition));
    return permit;
  }
  static Permit anonymous(std::string_view action, std::string peer = "192.0.2.7") {
    return make(Principal(), std::nullopt, action, std::move(peer));
  }

 private:
  static Random& random() {
    static SystemRandom system;
    return system;
  }
};

}  // namespace kaito::auth
