// F39: each way in which a ceremony can be forged, replayed or confused is refused, and for the right reason.
#include "appliance/auth/webauthn/client_data.hpp"
#include "tests/unit/webauthn/ceremony_fixture.hpp"

namespace kaito::webauthn {
namespace {

using WebauthnF39 = CeremonyTest;

TEST_F(WebauthnF39, AcceptsWhatItIsMeantToAccept) {
  enrol();
  const auto asserted = check(make_assertion());
  ASSERT_TRUE(asserted) << asserted.error().describe();
  EXPECT_EQ(asserted->sign_count, stored.sign_count + 1);
}

TEST_F(WebauthnF39, RefusesAReplayInALaterCeremony) {
  enrol();
  const AssertionResponse recorded = make_assertion();
  challenge = Bytes(32, 0x43);
  EXPECT_EQ(reason(check(recorded)), "challenge");
}

TEST_F(WebauthnF39, RefusesAReplayOfTheSameCeremonyByItsCounter) {
  enrol();
  const AssertionResponse recorded = make_assertion();
  stored.sign_count = check(recorded)->sign_count;
  EXPECT_EQ(reason(check(recorded)), "counter");
}

TEST_F(WebauthnF39, RefusesARegistrationReplayedInALaterCeremony) {
  const RegistrationResponse recorded = make_registration();
  challenge = Bytes(32, 0x43);
  EXPECT_EQ(reason(check(recorded)), "challenge");
}

TEST_F(WebauthnF39, RefusesAnotherOrigin) {
  enrol();
  for (const std::string_view origin : {"https://vault.example:444", "https://sub.vault.example"}) {
    const auto phished =
        key.get_assertion({.rp_id = rp.id, .challenge = challenge, .allow = {{.id = stored.id}}}, origin);
    ASSERT_TRUE(phished);
    EXPECT_EQ(reason(check(*phished)), "origin") << origin;
  }
}

TEST_F(WebauthnF39, RefusesAnotherRpId) {
  enrol();
  key.behaviour.rp_id = "example";
  EXPECT_EQ(reason(check(make_assertion())), "rpId");
  EXPECT_EQ(reason(check(make_registration())), "rpId");
}

TEST_F(WebauthnF39, RefusesAnUnverifiedUser) {
  enrol();
  key.behaviour.user_verified = false;
  EXPECT_EQ(reason(check(make_assertion())), "uv");
  EXPECT_EQ(reason(check(make_registration())), "uv");
  policy.uv = UserVerification::preferred;
  EXPECT_EQ(reason(check(make_assertion())), "accepted");
}

TEST_F(WebauthnF39, RefusesAnAbsentUser) {
  enrol();
  key.behaviour.user_present = false;
  EXPECT_EQ(reason(check(make_assertion())), "up");
  EXPECT_EQ(reason(check(make_registration())), "up");
}

TEST_F(WebauthnF39, RefusesACounterThatStandsStillOrGoesBack) {
  enrol();
  key.behaviour.counter_step = 0;
  EXPECT_EQ(reason(check(make_assertion())), "counter");
  key.behaviour.counter_step = -1;
  EXPECT_EQ(reason(check(make_assertion())), "counter");
}

TEST_F(WebauthnF39, AcceptsAKeyThatDoesNotCount) {
  key.behaviour.counter_step = 0;
  enrol();
  ASSERT_EQ(stored.sign_count, 0U);
  EXPECT_EQ(reason(check(make_assertion())), "accepted");
  stored.sign_count = 5;
  EXPECT_EQ(reason(check(make_assertion())), "counter");
}

TEST_F(WebauthnF39, RefusesAnotherUsersCredential) {
  enrol();
  const StoredCredential mine = stored;
  enrol();
  const AssertionResponse others = make_assertion();
  stored = mine;
  EXPECT_EQ(reason(check(others)), "credential");

  AssertionResponse renamed = others;
  renamed.id = mine.id;
  EXPECT_EQ(reason(check(renamed)), "signature");
}

TEST_F(WebauthnF39, RefusesAnotherUsersHandle) {
  enrol();
  const AssertionResponse response = make_assertion();
  stored.user_handle = Bytes{1};
  EXPECT_EQ(reason(check(response)), "userHandle");
}

TEST_F(WebauthnF39, RefusesBackedUpWithoutBeingEligible) {
  policy.allow_backup_eligible = true;
  enrol();
  key.behaviour.backed_up = true;
  EXPECT_EQ(reason(check(make_assertion())), "be_bs");
  EXPECT_EQ(reason(check(make_registration())), "be_bs");
}

TEST_F(WebauthnF39, RefusesEligibilityThatAppearsOrDisappears) {
  policy.allow_backup_eligible = true;
  enrol();
  key.behaviour.backup_eligible = true;
  EXPECT_EQ(reason(check(make_assertion())), "be_bs");
  stored.backup_eligible = true;
  EXPECT_EQ(reason(check(make_assertion())), "accepted");
  key.behaviour.backup_eligible = false;
  EXPECT_EQ(reason(check(make_assertion())), "be_bs");
}

TEST_F(WebauthnF39, RefusesSyncedCredentialsWherePolicySaysSo) {
  key.behaviour.backup_eligible = true;
  EXPECT_EQ(reason(check(make_registration())), "be_bs");
}

TEST_F(WebauthnF39, RefusesAnAlgorithmThatWasNotOffered) {
  policy.algorithms = std::vector<int>{kEdDsa};
  EXPECT_EQ(reason(check(make_registration())), "alg");
}

TEST_F(WebauthnF39, RefusesTrailingBytes) {
  enrol();
  AssertionResponse assertion = make_assertion();
  assertion.authenticator_data.push_back(0);
  EXPECT_EQ(reason(check(assertion)), "authdata");
  assertion = make_assertion();
  assertion.signature.push_back(0);
  EXPECT_EQ(reason(check(assertion)), "signature");
  assertion = make_assertion();
  assertion.client_data_json.push_back('x');
  EXPECT_EQ(reason(check(assertion)), "clientdata");

  RegistrationResponse registration = make_registration();
  registration.attestation_object.push_back(0);
  EXPECT_EQ(reason(check(registration)), "cbor");
}

TEST_F(WebauthnF39, RefusesARegistrationAsALoginAndTheReverse) {
  enrol();
  AssertionResponse assertion = make_assertion();
  const std::string create = client_data_json(kTypeCreate, challenge, kOrigin);
  assertion.client_data_json.assign(create.begin(), create.end());
  EXPECT_EQ(reason(check(assertion)), "type");

  RegistrationResponse registration = make_registration();
  const std::string get = client_data_json(kTypeGet, challenge, kOrigin);
  registration.client_data_json.assign(get.begin(), get.end());
  EXPECT_EQ(reason(check(registration)), "type");
}

TEST_F(WebauthnF39, RefusesSoftwareKeysOfUnknownMakers) {
  test::SoftAuthenticator stranger;
  policy.trusted_roots = {stranger.root_certificate()};
  EXPECT_EQ(reason(check(make_registration())), "trust");
  policy.trusted_roots.clear();
  EXPECT_EQ(reason(check(make_registration())), "trust");
}

TEST_F(WebauthnF39, RefusesSelfAndAbsentAttestationWhereTrustIsRequired) {
  key.behaviour.attests = test::Behaviour::Attests::self;
  EXPECT_EQ(reason(check(make_registration())), "trust");
  key.behaviour.attests = test::Behaviour::Attests::none;
  EXPECT_EQ(reason(check(make_registration())), "trust");
  policy.attestation = Attestation::any;
  EXPECT_EQ(reason(check(make_registration())), "accepted");
}

TEST_F(WebauthnF39, RefusesModelsThatAreNotListed) {
  policy.aaguids = std::vector<Aaguid>{Aaguid{1, 2, 3}};
  EXPECT_EQ(reason(check(make_registration())), "aaguid");
  policy.aaguids->push_back(test::SoftAuthenticator::kAaguid);
  EXPECT_EQ(reason(check(make_registration())), "accepted");
}

TEST_F(WebauthnF39, RefusesACertificateOutsideItsValidity) {
  const RegistrationResponse response = make_registration();
  const TimePoint in_2150 = from_unix_ms(5'680'281'600'000);
  EXPECT_EQ(reason(verify_registration(rp, policy, challenge, response, in_2150)), "trust");
  const TimePoint in_2010 = from_unix_ms(1'262'304'000'000);
  EXPECT_EQ(reason(verify_registration(rp, policy, challenge, response, in_2010)), "trust");
}

TEST_F(WebauthnF39, RefusesToVerifyWithoutAChallenge) {
  const RegistrationResponse response = make_registration();
  EXPECT_FALSE(verify_registration(rp, policy, {}, response, kNow));
}

TEST_F(WebauthnF39, AnswersARegistrationWithBadRequestAndALoginWithUnauthenticated) {
  enrol();
  AssertionResponse assertion = make_assertion();
  assertion.signature[8] ^= 1;
  EXPECT_EQ(check(assertion).error().code, Code::unauthenticated);
  RegistrationResponse registration = make_registration();
  registration.attestation_object.push_back(0);
  const auto refused = check(registration);
  EXPECT_EQ(refused.error().code, Code::invalid_request);
  EXPECT_EQ(refused.error().field, "response");
}

}  // namespace
}  // namespace kaito::webauthn
