#include "tests/integration/auth/all_at_once.hpp"
#include "tests/integration/auth/staff_test.hpp"

namespace kaito::auth {
namespace {

class StaffLoginTest : public StaffTest {
 protected:
  // A refused login; the reason is the journal's alone.
  std::string refusal(const Result<IssuedSession>& issued) {
    if (issued) return "accepted";
    EXPECT_EQ(issued.error().code, Code::unauthenticated);
    EXPECT_EQ(issued.error().field + issued.error().reason, "");
    const auto record = last_record();
    EXPECT_EQ(record.outcome, Outcome::denied);
    return detail(record, "reason");
  }
  std::uint32_t stored_count() { return snapshot()->credentials_of(olga_.id)->at(0).sign_count; }

  test::SoftAuthenticator key_;
  store::Staff olga_ = set_up(key_);
};

TEST_F(StaffLoginTest, C2GivesAStaffSessionForTheRightKey) {
  const auto issued = log_in(key_);
  ASSERT_TRUE(issued) << issued.error().describe();
  const auto principal = who(issued->token);
  ASSERT_TRUE(principal);
  ASSERT_NE(principal->staff(), nullptr);
  EXPECT_EQ(principal->staff()->id, olga_.id);
  EXPECT_FALSE(principal->org().has_value());
  const auto record = last_record();
  EXPECT_EQ(record.action, "auth.staff.login");
  EXPECT_EQ(record.actor_kind, audit::ActorKind::staff);
  EXPECT_EQ(record.actor_name, "olga");
}

TEST_F(StaffLoginTest, AsksForNoNameAndListsNoKeys) {
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  const auto* allowed = offer.options.if_contains("allowCredentials");
  EXPECT_TRUE(!allowed || allowed->as_array().empty());
  EXPECT_EQ(offer.options.at("userVerification").as_string(), "required");
}

TEST_F(StaffLoginTest, F39RefusesAReplayedAssertion) {
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  const auto response = key_.get_json(offer.options, kOrigin).value();
  ASSERT_TRUE(finish_login(offer.ceremony, response));
  EXPECT_EQ(refusal(finish_login(offer.ceremony, response)), "ceremony");
  const CeremonyOffer next = staff_login_.begin(anonymous("auth.staff.login.begin"));
  EXPECT_EQ(refusal(finish_login(next.ceremony, response)), "challenge");
}

TEST_F(StaffLoginTest, F39OfManyFinishesAtOnceOneSucceeds) {
  const Permit permit = anonymous("auth.staff.login");
  const CeremonyOffer offer = staff_login_.begin(permit);
  const boost::json::value response = key_.get_json(offer.options, kOrigin).value();
  std::vector<Task<Result<Recorded<IssuedSession>>>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(staff_login_.finish(permit, offer.ceremony, response));
  int won = 0;
  for (auto& result : test::all_at_once(std::move(tasks))) won += flat(std::move(result)) ? 1 : 0;
  EXPECT_EQ(won, 1);
}

TEST_F(StaffLoginTest, F39RefusesAnotherOrigin) {
  // Origins for which a browser would let the key sign.
  EXPECT_EQ(refusal(log_in(key_, "https://evil.vault.example")), "origin");
  EXPECT_EQ(refusal(log_in(key_, "https://vault.example:8443")), "origin");
}

TEST_F(StaffLoginTest, F39RefusesAnotherRelyingParty) {
  key_.behaviour.rp_id = "evil.example";
  EXPECT_EQ(refusal(log_in(key_)), "rpId");
}

TEST_F(StaffLoginTest, F39RefusesAnAssertionWithoutUserVerification) {
  key_.behaviour.user_verified = false;
  EXPECT_EQ(refusal(log_in(key_)), "uv");
}

TEST_F(StaffLoginTest, F39RefusesAKeyThatBecameSyncable) {
  key_.behaviour.backup_eligible = true;
  EXPECT_EQ(refusal(log_in(key_)), "be_bs");
}

TEST_F(StaffLoginTest, F39RefusesACounterThatDoesNotGrow) {
  ASSERT_TRUE(log_in(key_));
  const std::uint32_t before = stored_count();
  key_.behaviour.counter_step = 0;
  EXPECT_EQ(refusal(log_in(key_)), "counter");
  key_.behaviour.counter_step = -1;
  EXPECT_EQ(refusal(log_in(key_)), "counter");
  EXPECT_EQ(stored_count(), before);
  key_.behaviour.counter_step = 5;
  ASSERT_TRUE(log_in(key_));
  EXPECT_GT(stored_count(), before);
}

TEST_F(StaffLoginTest, F39OfTwoLoginsAtOnceTheOneWithTheOlderCounterNeverTurnsItBack) {
  const Permit permit = anonymous("auth.staff.login");
  const CeremonyOffer first = staff_login_.begin(permit);
  const CeremonyOffer second = staff_login_.begin(permit);
  const boost::json::value older = key_.get_json(first.options, kOrigin).value();
  const boost::json::value newer = key_.get_json(second.options, kOrigin).value();
  const std::uint32_t before = stored_count();
  std::vector<Task<Result<Recorded<IssuedSession>>>> tasks;
  tasks.push_back(staff_login_.finish(permit, second.ceremony, newer));
  tasks.push_back(staff_login_.finish(permit, first.ceremony, older));
  auto results = test::all_at_once(std::move(tasks));
  EXPECT_TRUE(flat(std::move(results[0])));
  EXPECT_EQ(refusal(flat(std::move(results[1]))), "counter");
  EXPECT_EQ(stored_count(), before + 2);
}

TEST_F(StaffLoginTest, F39RefusesAKeyThatNobodyHas) {
  test::SoftAuthenticator stranger;
  webauthn::CreationOptions options{.rp = party_.rp,
                                    .rp_name = "Kaito",
                                    .user = {.id = Bytes(16, 1), .name = "eve", .display_name = "eve"},
                                    .challenge = Bytes(32, 2),
                                    .resident_key = true};
  ASSERT_TRUE(stranger.make_credential(options, kOrigin));
  EXPECT_EQ(refusal(log_in(stranger)), "unknown credential");
}

TEST_F(StaffLoginTest, F39RefusesAnotherUsersHandleAndNone) {
  for (const bool present : {true, false}) {
    const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
    boost::json::object response = key_.get_json(offer.options, kOrigin).value();
    auto& inner = response.at("response").as_object();
    if (present)
      inner["userHandle"] = to_base64url(StaffId::make(clock_, random_).bytes());
    else
      inner.erase("userHandle");
    EXPECT_EQ(refusal(finish_login(offer.ceremony, response)), "userHandle");
  }
}

TEST_F(StaffLoginTest, F39RefusesAChallengeAfterFiveMinutes) {
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  const auto response = key_.get_json(offer.options, kOrigin).value();
  clock_.advance(kCeremonyLife);
  EXPECT_EQ(refusal(finish_login(offer.ceremony, response)), "ceremony");
}

TEST_F(StaffLoginTest, ARegistrationsChallengeLogsNobodyIn) {
  const auto invited = flat(sync_wait(registry_.invite(permit_of(olga_), olga_.id)));
  const auto registration = enrolment_.begin(anonymous("auth.staff.enrol"), invited->token, "").value();
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  const auto response = key_.get_json(offer.options, kOrigin).value();
  EXPECT_EQ(refusal(finish_login(registration.ceremony, response)), "ceremony");
}

TEST_F(StaffLoginTest, F39RefusesAResponseThatIsNotWellFormed) {
  const CeremonyOffer offer = staff_login_.begin(anonymous("auth.staff.login.begin"));
  for (const boost::json::value& response :
       {boost::json::value(nullptr), boost::json::value("x"), boost::json::value(boost::json::object{})})
    EXPECT_EQ(code_of(finish_login(offer.ceremony, response)), Code::invalid_request);
}

TEST_F(StaffLoginTest, F40ADisabledOfficerIsOutAtOnceAndCannotLogIn) {
  test::SoftAuthenticator second;
  const auto invited = flat(sync_wait(registry_.create(permit_of(olga_), "otto", store::StaffRole::security_officer)));
  ASSERT_TRUE(enrol(second, invited->token));
  const auto session = log_in(key_);
  ASSERT_TRUE(session);
  ASSERT_TRUE(flat(sync_wait(registry_.set_disabled(permit_of(invited->staff), olga_.id, true))));
  EXPECT_FALSE(who(session->token));
  EXPECT_EQ(refusal(log_in(key_)), "disabled");
  EXPECT_TRUE(log_in(second));
}

}  // namespace
}  // namespace kaito::auth
