// Three security officers, each with a hardware key in software, and an appliance where two have to sign.
#pragma once

#include "provisioning/quorum/approvals.hpp"
#include "tests/integration/auth/staff_test.hpp"

namespace kaito::quorum {

class QuorumTest : public auth::StaffTest {
 protected:
  QuorumTest();

  store::Staff hire(test::SoftAuthenticator& key, std::string name, store::StaffRole role);
  // Another key for somebody who is staff already.
  void enrol_another(test::SoftAuthenticator& key, const store::Staff& staff);

  store::Approval propose(const store::Staff& officer, ProtectedAction action);
  // What the key answers to the approval's options, as the officer's browser would be given them.
  Result<boost::json::object> assertion(test::SoftAuthenticator& key, const store::Staff& officer,
                                        const store::Approval& approval);
  Result<SignedApproval> send(const store::Staff& officer, const ApprovalId& id, const boost::json::value& response);
  Result<SignedApproval> sign(test::SoftAuthenticator& key, const store::Staff& officer,
                              const store::Approval& approval);

  // Disables "otto" as `executor`, by the approval when one is given: what the Gate and the registry do.
  Result<store::Staff> disable_otto(const store::Staff& executor, const std::optional<ApprovalId>& approval);
  ProtectedAction disabling_otto() const { return ProtectedAction::change_staff(otto_.id, true); }

  store::ApprovalState state_of(const ApprovalId& id) { return snapshot()->approval(id)->value().state; }
  std::size_t signatures_of(const ApprovalId& id) { return snapshot()->signatures_of(id)->size(); }
  // SQL on the open database, as somebody who has reached the file would run it.
  void tamper(const std::string& sql) const;

  test::SoftAuthenticator olga_key_;
  test::SoftAuthenticator oona_key_;
  test::SoftAuthenticator otto_key_;
  auth::StaffRegistry registry2_{journal_, clock_, random_, 2};
  Approvals approvals_{store_, journal_, party_, clock_, random_, 2};
  store::Staff olga_;
  store::Staff oona_;
  store::Staff otto_;
};

}  // namespace kaito::quorum
