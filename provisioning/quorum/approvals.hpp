// Proposals that officers sign, and the condition that a signed one makes of its action.
//
// The proposer carries the action out, by the request that would have done it alone, once enough officers have signed:
// the reply may hold what is shown once (an enrolment token), and belongs to whoever asked for it; and an action that
// could not be done at that moment (the HSM is away) can be asked for again. The approval is used up in the transaction
// of the action itself, so it is done once or not at all.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/auth/staff_relying_party.hpp"
#include "provisioning/quorum/protected_action.hpp"

namespace kaito::quorum {

inline constexpr Seconds kApprovalLife = std::chrono::hours(24);
inline constexpr std::uint64_t kMaxOpenApprovals = 100;

struct SignedApproval {
  store::Approval approval;
  std::string proposer_name;  // as the text has it
  std::vector<store::ApprovalSignature> signatures;
  bool expired = false;
};

// What the caller's keys would sign: PublicKeyCredentialRequestOptionsJSON; absent when the caller has no key, has
// signed, or it is no longer open.
struct ApprovalToSign {
  SignedApproval approval;
  std::optional<boost::json::object> options;
};

// Thread-safe.
class Approvals {
 public:
  // `needed`: security officers that a protected action takes, 1 to 255; 1: none has to be asked.
  Approvals(store::Store& store, audit::Journal& journal, auth::StaffRelyingParty party, const Clock& clock,
            Random& random, std::uint32_t needed)
      : store_(store), journal_(journal), party_(std::move(party)), clock_(clock), random_(random), needed_(needed) {}

  // Code::not_found and Code::conflict of describe(); Code::conflict when too many are open.
  Task<Result<auth::Recorded<SignedApproval>>> propose(const auth::Permit& permit, ProtectedAction action);
  Task<Result<auth::Recorded<store::Page<SignedApproval>>>> list(const auth::Permit& permit, store::PageRequest page);
  Task<Result<auth::Recorded<ApprovalToSign>>> get(const auth::Permit& permit, ApprovalId id);
  // `response`: AuthenticationResponseJSON of one of the caller's own keys over the text. Code::conflict when it has
  // ended or expired, or the officer has signed already, with whatever key; Code::invalid_request (field "response")
  // for an assertion that is not of this text, this officer or this appliance. Refusals are recorded.
  Task<Result<auth::Recorded<SignedApproval>>> approve(const auth::Permit& permit, ApprovalId id,
                                                       const boost::json::value& response);
  // By any officer. Code::conflict when it has ended.
  Task<Result<auth::Recorded<SignedApproval>>> cancel(const auth::Permit& permit, ApprovalId id);

  // For the Gate: what the action's change has to hold to. Null when the caller alone may do it and names no approval.
  // Errors of describe(), where more than one officer is needed or an approval is named.
  // Code::approval_required (field "approval") when more officers have to sign; Code::conflict when the one that is
  // named is another's, has ended or expired, is for another action, lacks signatures, or its target has changed.
  Result<std::shared_ptr<audit::Condition>> admit(const auth::Permit& permit, const ProtectedAction& action,
                                                  const std::optional<ApprovalId>& id);

  [[nodiscard]] const auth::StaffRelyingParty& relying_party() const noexcept { return party_; }

 private:
  Result<SignedApproval> load(store::Reader& reader, const ApprovalId& id) const;

  store::Store& store_;
  audit::Journal& journal_;
  const auth::StaffRelyingParty party_;
  const Clock& clock_;
  Random& random_;
  const std::uint32_t needed_;
};

}  // namespace kaito::quorum
