#include "tests/integration/auth/staff_test.hpp"

namespace kaito::auth {

Token StaffTest::setup_token() {
  auto token = sync_wait(enrolment_.issue_setup_token());
  EXPECT_TRUE(token && *token);
  return **std::move(token);
}

Result<EnrolledStaff> StaffTest::enrol(test::SoftAuthenticator& key, const Token& token, std::string_view name,
                                       std::string_view origin) {
  const Permit permit = anonymous("auth.staff.enrol");
  KAITO_TRY(const CeremonyOffer offer, enrolment_.begin(permit, token, name));
  KAITO_TRY(const auto response, key.create_json(offer.options, origin));
  return flat(sync_wait(enrolment_.finish(permit, offer.ceremony, "blue key", response)));
}

Result<IssuedSession> StaffTest::finish_login(std::string_view ceremony, const boost::json::value& response) {
  const Permit permit = anonymous("auth.staff.login");
  return flat(sync_wait(staff_login_.finish(permit, ceremony, response)));
}

Result<IssuedSession> StaffTest::log_in(test::SoftAuthenticator& key, std::string_view origin) {
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  KAITO_TRY(const auto response, key.get_json(offer.options, origin));
  return finish_login(offer.ceremony, response);
}

store::Staff StaffTest::set_up(test::SoftAuthenticator& key) {
  auto enrolled = enrol(key, setup_token(), "olga");
  EXPECT_TRUE(enrolled) << enrolled.error().describe();
  return enrolled->staff;
}

Permit StaffTest::permit_of(const store::Staff& staff, std::string_view action) {
  return PermitForTest::make(Principal(StaffPrincipal{.id = staff.id, .name = staff.name, .role = staff.role}),
                             std::nullopt, action);
}

store::Staff StaffTest::reload(const store::Staff& staff) { return snapshot()->staff(staff.id)->value(); }

}  // namespace kaito::auth
