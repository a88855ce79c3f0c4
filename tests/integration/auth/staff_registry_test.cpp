#include "tests/integration/auth/staff_test.hpp"

namespace kaito::auth {
namespace {

class StaffRegistryTest : public StaffTest {
 protected:
  store::Staff add(test::SoftAuthenticator& key, std::string name, store::StaffRole role) {
    const auto invited = flat(sync_wait(registry_.create(permit_of(olga_), std::move(name), role)));
    EXPECT_TRUE(enrol(key, invited->token));
    return invited->staff;
  }
  Result<store::Staff> set_disabled(const store::Staff& staff, bool disabled) {
    return flat(sync_wait(registry_.set_disabled(permit_of(olga_, "staff.disable"), staff.id, disabled)));
  }
  Result<void> remove_key(const store::Staff& staff) {
    const auto keys = snapshot()->credentials_of(staff.id).value();
    return flat(sync_wait(registry_.remove_credential(permit_of(olga_), staff.id, keys.at(0).credential_id)));
  }
  test::SoftAuthenticator key_;
  test::SoftAuthenticator other_;
  store::Staff olga_ = set_up(key_);
};

TEST_F(StaffRegistryTest, TheLastOfficerCanNeitherBeDisabledNorLoseTheKey) {
  EXPECT_EQ(code_of(set_disabled(olga_, true)), Code::conflict);
  EXPECT_EQ(code_of(remove_key(olga_)), Code::conflict);
  EXPECT_TRUE(log_in(key_));
}

TEST_F(StaffRegistryTest, AnOperatorAnOfficerWithoutAKeyOrADisabledOneIsNoReplacement) {
  test::SoftAuthenticator third;
  add(other_, "oscar", store::StaffRole::operator_);
  ASSERT_TRUE(flat(sync_wait(registry_.create(permit_of(olga_), "otto", store::StaffRole::security_officer))));
  const store::Staff oona = add(third, "oona", store::StaffRole::security_officer);
  ASSERT_TRUE(set_disabled(oona, true));
  EXPECT_EQ(code_of(set_disabled(olga_, true)), Code::conflict);
  ASSERT_TRUE(set_disabled(oona, false));
  EXPECT_TRUE(set_disabled(olga_, true));
}

TEST_F(StaffRegistryTest, AnOfficerWithTwoKeysCanLoseOne) {
  const auto invited = flat(sync_wait(registry_.invite(permit_of(olga_), olga_.id)));
  ASSERT_TRUE(enrol(other_, invited->token));
  EXPECT_TRUE(remove_key(olga_));
  EXPECT_EQ(code_of(remove_key(olga_)), Code::conflict);
}

TEST_F(StaffRegistryTest, S13RemovingAKeyEndsTheSessions) {
  const store::Staff otto = add(other_, "otto", store::StaffRole::security_officer);
  const auto session = log_in(other_);
  ASSERT_TRUE(session);
  ASSERT_TRUE(remove_key(otto));
  EXPECT_FALSE(who(session->token));
  EXPECT_FALSE(log_in(other_));
}

TEST_F(StaffRegistryTest, RefusesATakenNameInAnySpelling) {
  EXPECT_EQ(code_of(sync_wait(registry_.create(permit_of(olga_), " OLGA ", store::StaffRole::auditor))),
            Code::conflict);
  EXPECT_EQ(code_of(sync_wait(registry_.create(permit_of(olga_), "", store::StaffRole::auditor))),
            Code::invalid_request);
}

TEST_F(StaffRegistryTest, DisablingVoidsTheEnrolmentToken) {
  const auto invited = flat(sync_wait(registry_.create(permit_of(olga_), "oscar", store::StaffRole::operator_)));
  ASSERT_TRUE(set_disabled(invited->staff, true));
  EXPECT_EQ(code_of(enrol(other_, invited->token)), Code::unauthenticated);
  EXPECT_EQ(code_of(sync_wait(registry_.invite(permit_of(olga_), invited->staff.id))), Code::conflict);
}

TEST_F(StaffRegistryTest, ASecondInvitationVoidsTheFirst) {
  const auto first = flat(sync_wait(registry_.create(permit_of(olga_), "oscar", store::StaffRole::operator_)));
  const auto second = flat(sync_wait(registry_.invite(permit_of(olga_), first->staff.id)));
  EXPECT_EQ(code_of(enrol(other_, first->token)), Code::unauthenticated);
  EXPECT_TRUE(enrol(other_, second->token));
}

TEST_F(StaffRegistryTest, UnknownStaffAreNotFound) {
  const auto nobody = StaffId::make(clock_, random_);
  EXPECT_EQ(code_of(sync_wait(registry_.invite(permit_of(olga_), nobody))), Code::not_found);
  EXPECT_EQ(code_of(sync_wait(registry_.set_disabled(permit_of(olga_), nobody, true))), Code::not_found);
  EXPECT_EQ(code_of(sync_wait(registry_.remove_credential(permit_of(olga_), nobody, Bytes(4, 1)))), Code::not_found);
  EXPECT_EQ(code_of(sync_wait(sessions_.revoke_all(permit_of(olga_), nobody))), Code::not_found);
}

}  // namespace
}  // namespace kaito::auth
