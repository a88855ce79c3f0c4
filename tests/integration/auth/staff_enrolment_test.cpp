#include "tests/integration/auth/all_at_once.hpp"
#include "tests/integration/auth/staff_test.hpp"

namespace kaito::auth {
namespace {

class StaffEnrolmentTest : public StaffTest {
 protected:
  test::SoftAuthenticator key_;
};

TEST_F(StaffEnrolmentTest, TheFirstKeyMakesASecurityOfficer) {
  const Token token = setup_token();
  const auto enrolled = enrol(key_, token, "Olga");
  ASSERT_TRUE(enrolled) << enrolled.error().describe();
  EXPECT_EQ(enrolled->staff.name, "olga");
  EXPECT_EQ(enrolled->staff.role, store::StaffRole::security_officer);
  EXPECT_EQ(snapshot()->credentials_of(enrolled->staff.id)->at(0).label, "blue key");
  EXPECT_FALSE(stands_in_the_database(text_of(token)));
  const auto record = last_record();
  EXPECT_EQ(record.action, "auth.staff.enrol");
  EXPECT_EQ(record.targets.at(0).value, enrolled->staff.id.str());
}

TEST_F(StaffEnrolmentTest, TheSetupTokenIsGoodOnceAndThereIsNoSecond) {
  const Token token = setup_token();
  ASSERT_TRUE(enrol(key_, token, "olga"));
  test::SoftAuthenticator other;
  EXPECT_EQ(code_of(enrol(other, token, "eve")), Code::unauthenticated);
  const auto second = sync_wait(enrolment_.issue_setup_token());
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->has_value());
}

TEST_F(StaffEnrolmentTest, ANewSetupTokenVoidsTheOneBefore) {
  const Token first = setup_token();
  const Token second = setup_token();
  EXPECT_EQ(code_of(enrol(key_, first, "olga")), Code::unauthenticated);
  EXPECT_TRUE(enrol(key_, second, "olga"));
}

TEST_F(StaffEnrolmentTest, OfTwoSetupsAtOnceOneMakesAnOfficer) {
  const Token token = setup_token();
  const Permit permit = anonymous("auth.staff.enrol");
  std::vector<test::SoftAuthenticator> keys(5);
  std::vector<CeremonyOffer> offers;
  std::vector<boost::json::value> responses;
  for (auto& key : keys) {
    offers.push_back(enrolment_.begin(permit, token, "olga" + std::to_string(offers.size())).value());
    responses.emplace_back(key.create_json(offers.back().options, kOrigin).value());
  }
  std::vector<Task<Result<Recorded<EnrolledStaff>>>> tasks;
  for (std::size_t i = 0; i < offers.size(); ++i)
    tasks.push_back(enrolment_.finish(permit, offers[i].ceremony, "key", responses[i]));
  int won = 0;
  for (auto& result : test::all_at_once(std::move(tasks))) {
    ASSERT_TRUE(result);  // each refusal is in the journal
    won += result->result ? 1 : 0;
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(snapshot()->all_staff()->size(), 1U);
  EXPECT_EQ(records().size(), 1U + 5U);
}

TEST_F(StaffEnrolmentTest, TheSetupTokenEndsAfterADay) {
  const Token token = setup_token();
  clock_.advance(kEnrolmentLife);
  EXPECT_EQ(code_of(enrol(key_, token, "olga")), Code::unauthenticated);
}

TEST_F(StaffEnrolmentTest, TheFirstOfficerNeedsAName) {
  const auto offer = enrolment_.begin(anonymous("auth.staff.enrol"), setup_token(), "");
  ASSERT_EQ(code_of(offer), Code::invalid_request);
  EXPECT_EQ(offer.error().field, "name");
}

TEST_F(StaffEnrolmentTest, S17RefusesSyncedKeysAndKeysThatDoNotVerifyTheirUser) {
  const Token token = setup_token();
  key_.behaviour.backup_eligible = true;
  EXPECT_EQ(code_of(enrol(key_, token, "olga")), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "be_bs");
  key_.behaviour.backup_eligible = false;
  key_.behaviour.user_verified = false;
  EXPECT_EQ(code_of(enrol(key_, token, "olga")), Code::invalid_request);
  EXPECT_EQ(detail(last_record(), "reason"), "uv");
  key_.behaviour.user_verified = true;
  EXPECT_TRUE(enrol(key_, token, "olga")) << "a refused key must not use up the token";
}

TEST_F(StaffEnrolmentTest, F39RefusesARegistrationMadeForAnotherOrigin) {
  EXPECT_EQ(code_of(enrol(key_, setup_token(), "olga", "https://evil.vault.example")), Code::invalid_request);
  const auto record = last_record();
  EXPECT_EQ(record.outcome, Outcome::rejected);
  EXPECT_EQ(detail(record, "reason"), "origin");
}

TEST_F(StaffEnrolmentTest, F39RefusesAReplayedRegistration) {
  const Permit permit = anonymous("auth.staff.enrol");
  const Token token = setup_token();
  const auto offer = enrolment_.begin(permit, token, "olga").value();
  const auto response = key_.create_json(offer.options, kOrigin).value();
  const auto finish = [&](const std::string& ceremony) {
    return code_of(flat(sync_wait(enrolment_.finish(permit, ceremony, "key", response))));
  };
  const auto second = enrolment_.begin(permit, token, "olga").value();
  EXPECT_EQ(finish(second.ceremony), Code::invalid_request);  // another challenge
  EXPECT_EQ(detail(last_record(), "reason"), "challenge");
  ASSERT_EQ(finish(offer.ceremony), Code::internal);  // accepted
  EXPECT_EQ(finish(offer.ceremony), Code::unauthenticated);
  EXPECT_EQ(detail(last_record(), "reason"), "ceremony");
}

// With a challenge that never changes, the first registration can be shown once more for another person.
TEST_F(StaffEnrolmentTest, F39RefusesAKeyThatSomebodyHas) {
  struct StuckRandom final : Random {
    void fill(std::span<std::uint8_t> out) noexcept override { std::ranges::fill(out, std::uint8_t{7}); }
  } stuck;
  CeremonyStore ceremonies(clock_, stuck);
  StaffEnrolment enrolment(store_, journal_, ceremonies, clock_, random_, party_);
  const Permit permit = anonymous("auth.staff.enrol");
  const auto first = enrolment.begin(permit, setup_token(), "olga").value();
  const boost::json::value response = key_.create_json(first.options, kOrigin).value();
  const auto olga = flat(sync_wait(enrolment.finish(permit, first.ceremony, "key", response)));
  ASSERT_TRUE(olga);

  const auto invited = flat(sync_wait(registry_.create(permit_of(olga->staff), "oscar", store::StaffRole::operator_)));
  const auto second = enrolment.begin(permit, invited->token, "").value();
  const auto oscar = flat(sync_wait(enrolment.finish(permit, second.ceremony, "key", response)));
  EXPECT_EQ(code_of(oscar), Code::conflict);
  EXPECT_EQ(last_record().outcome, Outcome::rejected);
  EXPECT_EQ(snapshot()->credential(olga->credential_id)->value().staff, olga->staff.id);
  EXPECT_TRUE(enrolment.begin(permit, invited->token, "")) << "the refusal must not use up the token";
}

TEST_F(StaffEnrolmentTest, AnOfficerInvitesOthersWhoGetTheirRole) {
  const store::Staff olga = set_up(key_);
  const auto invited =
      flat(sync_wait(registry_.create(permit_of(olga, "staff.create"), "Oscar", store::StaffRole::operator_)));
  ASSERT_TRUE(invited);
  EXPECT_EQ(detail(last_record(), "role"), "operator");
  test::SoftAuthenticator oscars;
  EXPECT_EQ(code_of(enrol(oscars, invited->token, "olga")), Code::unauthenticated);
  const auto enrolled = enrol(oscars, invited->token);
  ASSERT_TRUE(enrolled);
  EXPECT_EQ(enrolled->staff.id, invited->staff.id);
  EXPECT_EQ(enrolled->staff.role, store::StaffRole::operator_);
  EXPECT_EQ(code_of(enrol(oscars, invited->token)), Code::unauthenticated);
  EXPECT_EQ(who(log_in(oscars)->token)->staff()->role, store::StaffRole::operator_);
}

TEST_F(StaffEnrolmentTest, AMemberInvitationEnrolsNoKey) {
  const store::Staff olga = set_up(key_);
  IssuedOneTimeToken issued = issue_one_time_token(store::OneTimePurpose::member_invitation, olga.id.bytes(),
                                                   std::nullopt, kInvitationLife, clock_, random_);
  ASSERT_TRUE(change([row = issued.row](store::Writer& writer, audit::Event&) { return writer.insert(row); }));
  EXPECT_EQ(code_of(enrol(key_, issued.token)), Code::unauthenticated);
}

}  // namespace
}  // namespace kaito::auth
