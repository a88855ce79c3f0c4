// Proof that the Gate let this request through. Services ask for one, and only the Gate can make one, so a service that
// is reached around the Gate does not compile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/event.hpp"
#include "appliance/auth/principal.hpp"

namespace kaito::api {
class Gate;
}

namespace kaito::auth {

class Permit {
 public:
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) noexcept = default;
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;

  [[nodiscard]] const Principal& principal() const noexcept { return principal_; }
  // The org that the request acts on; none for requests that concern the appliance.
  [[nodiscard]] const std::optional<OrgId>& org() const noexcept { return org_; }
  [[nodiscard]] std::string_view action() const noexcept { return action_; }
  [[nodiscard]] const RequestId& request() const noexcept { return request_; }
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  // The role that the caller acts with in the org. An API key acts as a member, whatever its scopes: it may not raise
  // anybody above that, nor touch who stands above.
  [[nodiscard]] store::MemberRole acting_role() const noexcept;
  // Code::forbidden (field "role") when `role` is above the caller's.
  [[nodiscard]] Status check_rank(store::MemberRole role) const;

  // The audit event of this request with action, actor, org, peer and request filled in; outcome success.
  // What the permit depends on goes along as the event's conditions, so whatever is committed with it holds to them.
  [[nodiscard]] audit::Event event() const;

 private:
  friend class kaito::api::Gate;
  friend class PermitForTest;  // declared here, defined only below tests/
  // Null: nothing more.
  void depend_on(std::shared_ptr<audit::Condition> condition) {
    if (condition) conditions_.push_back(std::move(condition));
  }
  // `action` is the endpoint table's static text.
  Permit(Principal principal, std::optional<OrgId> org, std::string_view action, RequestId request, std::string peer)
      : principal_(std::move(principal)), org_(org), action_(action), request_(request), peer_(std::move(peer)) {}

  Principal principal_;
  std::optional<OrgId> org_;
  std::string_view action_;
  RequestId request_;
  std::string peer_;
  std::vector<std::shared_ptr<audit::Condition>> conditions_;
};

}  // namespace kaito::auth
