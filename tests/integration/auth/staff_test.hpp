// Staff services and security keys in software.
#pragma once

#include <boost/json/value.hpp>

#include "appliance/auth/staff_enrolment.hpp"
#include "appliance/auth/staff_login.hpp"
#include "appliance/auth/staff_registry.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"
#include "tests/integration/auth/auth_test.hpp"

namespace kaito::auth {

class StaffTest : public AuthTest {
 protected:
  static constexpr std::string_view kOrigin = "https://vault.example";

  static Permit anonymous(std::string_view action) { return PermitForTest::anonymous(action); }
  Token setup_token();
  // Registers `key` with the token and answers as a page of `origin` would.
  Result<EnrolledStaff> enrol(test::SoftAuthenticator& key, const Token& token, std::string_view name = "",
                              std::string_view origin = kOrigin);
  Result<IssuedSession> log_in(test::SoftAuthenticator& key, std::string_view origin = kOrigin);
  Result<IssuedSession> finish_login(std::string_view ceremony, const boost::json::value& response);
  // The first security officer, "olga", with `key`.
  store::Staff set_up(test::SoftAuthenticator& key);
  Permit permit_of(const store::Staff& staff, std::string_view action = "test.action");
  store::Staff reload(const store::Staff& staff);

  StaffRelyingParty party_{.rp = {.id = "vault.example", .origins = {std::string(kOrigin)}}, .name = "Kaito"};
  CeremonyStore ceremonies_{clock_, random_};
  StaffEnrolment enrolment_{store_, journal_, ceremonies_, clock_, random_, party_};
  StaffLogin staff_login_{store_, journal_, ceremonies_, sessions_, party_};
  StaffRegistry registry_{journal_, clock_, random_};
};

}  // namespace kaito::auth
