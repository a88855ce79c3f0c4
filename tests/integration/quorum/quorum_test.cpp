#include "tests/integration/quorum/quorum_test.hpp"

#include <sqlite3.h>

namespace kaito::quorum {

QuorumTest::QuorumTest() {
  olga_ = set_up(olga_key_);
  oona_ = hire(oona_key_, "oona", store::StaffRole::security_officer);
  otto_ = hire(otto_key_, "otto", store::StaffRole::security_officer);
}

store::Staff QuorumTest::hire(test::SoftAuthenticator& key, std::string name, store::StaffRole role) {
  const auto invited = auth::flat(sync_wait(registry_.create(permit_of(olga_), std::move(name), role)));
  EXPECT_TRUE(enrol(key, invited->token));
  return invited->staff;
}

void QuorumTest::enrol_another(test::SoftAuthenticator& key, const store::Staff& staff) {
  const auto invited = auth::flat(sync_wait(registry_.invite(permit_of(olga_), staff.id)));
  EXPECT_TRUE(enrol(key, invited->token));
}

store::Approval QuorumTest::propose(const store::Staff& officer, ProtectedAction action) {
  auto proposed = auth::flat(sync_wait(approvals_.propose(permit_of(officer, "approval.propose"), std::move(action))));
  EXPECT_TRUE(proposed) << proposed.error().describe();
  return proposed->approval;
}

Result<boost::json::object> QuorumTest::assertion(test::SoftAuthenticator& key, const store::Staff& officer,
                                                  const store::Approval& approval) {
  KAITO_TRY(auto found, auth::flat(sync_wait(approvals_.get(permit_of(officer, "approval.read"), approval.id))));
  if (!found.options) return fail(Code::conflict, "nothing to sign");
  return key.get_json(*found.options, kOrigin);
}

Result<SignedApproval> QuorumTest::send(const store::Staff& officer, const ApprovalId& id,
                                        const boost::json::value& response) {
  return auth::flat(sync_wait(approvals_.approve(permit_of(officer, "approval.sign"), id, response)));
}

Result<SignedApproval> QuorumTest::sign(test::SoftAuthenticator& key, const store::Staff& officer,
                                        const store::Approval& approval) {
  KAITO_TRY(const auto response, assertion(key, officer, approval));
  return send(officer, approval.id, response);
}

Result<store::Staff> QuorumTest::disable_otto(const store::Staff& executor, const std::optional<ApprovalId>& approval) {
  auth::Permit permit = permit_of(executor, "staff.update");
  KAITO_TRY(auto condition, approvals_.admit(permit, disabling_otto(), approval));
  const auth::Permit bound = auth::PermitForTest::bound(std::move(permit), std::move(condition));
  return auth::flat(sync_wait(registry2_.set_disabled(bound, otto_.id, true)));
}

void QuorumTest::tamper(const std::string& sql) const {
  sqlite3* database = nullptr;
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    if (entry.path().extension() == ".db") file = entry.path();
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

}  // namespace kaito::quorum
