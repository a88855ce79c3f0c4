// The condition of a protected action: its approval holds, and is used up with it.
#pragma once

#include <vector>

#include "appliance/audit/event.hpp"
#include "appliance/base/time.hpp"
#include "provisioning/quorum/protected_action.hpp"

namespace kaito::quorum {

// Code::conflict: it was executed, cancelled or withdrawn.
Error has_ended();
// Open and not expired, else Code::conflict.
Status check_open(const store::Approval& approval, TimePoint now);

class ApprovedExecution final : public audit::Condition {
 public:
  struct Facts {
    ApprovalId id;
    StaffId executor;
    ProtectedAction action;
    std::uint32_t configured = 1;                    // officers needed
    std::vector<store::ApprovalSignature> verified;  // whose assertions hold
  };
  ApprovedExecution(Facts facts, const Clock& clock) : facts_(std::move(facts)), clock_(clock) {}

  // Whether it holds now; Code::conflict names in `field` and `reason` what does not.
  Status check(store::Reader& reader) const;
  // The same in the transaction, and the approval's end.
  Status hold(store::Writer& writer, audit::Event& record) override;

 private:
  Result<std::vector<std::string>> signers(store::Reader& reader) const;

  const Facts facts_;
  const Clock& clock_;
};

}  // namespace kaito::quorum
