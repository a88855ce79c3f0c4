#include "appliance/cli/fido/fido_key.hpp"

#include <gtest/gtest.h>

#include "appliance/auth/webauthn/verify_assertion.hpp"
#include "appliance/auth/webauthn/verify_registration.hpp"
#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"

namespace kaito::fido_client {
namespace {

using test::Behaviour;
using webauthn::Attestation;
using webauthn::CreationOptions;
using webauthn::RequestOptions;

constexpr TimePoint kNow{Milliseconds{1'790'000'000'000}};
constexpr std::string_view kOrigin = "https://vault.example:8443";

// The command line's whole path: libfido2 talks CTAPHID to a key in software.
class FidoKeyTest : public testing::Test {
 protected:
  Result<FidoKey> open() {
    KAITO_TRY(FidoDevice device, FidoDevice::open(device_.path(), test::SoftFidoDevice::io()));
    return FidoKey(std::move(device), {.pin = [this](std::optional<int> left) -> Result<Pin> {
                                         ++pin_prompts;
                                         tries_left = left;
                                         return Pin::copy_of(typed_pin);
                                       },
                                       .touch = [this] { ++touches; }});
  }

  Result<webauthn::RegistrationResponse> enrol(const CreationOptions& options) {
    KAITO_TRY(FidoKey key, open());
    return key.make_credential(options, kOrigin);
  }

  Result<webauthn::AssertionResponse> log_in(const RequestOptions& options) {
    KAITO_TRY(FidoKey key, open());
    return key.get_assertion(options, kOrigin);
  }

  [[nodiscard]] CreationOptions creation() const {
    return {.rp = rp,
            .rp_name = "Kaito",
            .user = {.id = {1, 2, 3, 4}, .name = "ada", .display_name = "Ada"},
            .challenge = Bytes(32, 0x5a),
            .attestation_wanted = true};
  }
  [[nodiscard]] RequestOptions request(const Bytes& id) const {
    return {.rp_id = rp.id, .challenge = Bytes(32, 0xa5), .allow = {{.id = id}}};
  }

  test::SoftAuthenticator software;
  test::SoftFidoDevice device_{software};
  webauthn::RelyingParty rp{.id = "vault.example", .origins = {std::string(kOrigin)}};
  std::string typed_pin = "1234";
  int pin_prompts = 0;
  int touches = 0;
  std::optional<int> tries_left;
};

TEST_F(FidoKeyTest, EnrolsAndLogsInAsTheRelyingPartyRequiresOfStaff) {
  const auto response = enrol(creation());
  ASSERT_TRUE(response) << response.error().describe();
  const webauthn::Policy policy{.attestation = Attestation::trusted, .trusted_roots = {software.root_certificate()}};
  const auto registered = verify_registration(rp, policy, creation().challenge, *response, kNow);
  ASSERT_TRUE(registered) << registered.error().describe();
  EXPECT_TRUE(registered->trusted);
  EXPECT_EQ(registered->aaguid, test::SoftAuthenticator::kAaguid);

  const auto login = log_in(request(registered->credential_id));
  ASSERT_TRUE(login) << login.error().describe();
  const auto asserted = verify_assertion(rp, policy, request({}).challenge, *login,
                                         {.id = registered->credential_id,
                                          .cose_key = registered->cose_key,
                                          .sign_count = registered->sign_count,
                                          .user_handle = Bytes{1, 2, 3, 4}});
  ASSERT_TRUE(asserted) << asserted.error().describe();
  EXPECT_TRUE(asserted->user_verified);
  EXPECT_EQ(asserted->sign_count, 2U);
  EXPECT_EQ(touches, 2);
  EXPECT_EQ(pin_prompts, 0);
}

TEST_F(FidoKeyTest, GivesNoMakerAwayWhenNoAttestationIsWanted) {
  CreationOptions options = creation();
  options.attestation_wanted = false;
  const auto response = enrol(options);
  ASSERT_TRUE(response) << response.error().describe();
  const auto registered = verify_registration(rp, {}, options.challenge, *response, kNow);
  ASSERT_TRUE(registered) << registered.error().describe();
  EXPECT_EQ(registered->format, "none");
  EXPECT_EQ(registered->aaguid, webauthn::Aaguid{});
}

TEST_F(FidoKeyTest, AsksForThePinOfAKeyThatHasOne) {
  software.behaviour.pin = "1234";
  const auto response = enrol(creation());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_TRUE(verify_registration(rp, {}, creation().challenge, *response, kNow));
  EXPECT_TRUE(log_in(request(response->id)));
  EXPECT_EQ(pin_prompts, 2);
  EXPECT_EQ(tries_left, 8);
}

TEST_F(FidoKeyTest, SaysHowManyTriesAreLeftAfterAWrongPin) {
  software.behaviour.pin = "4321";
  const auto refused = enrol(creation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unauthenticated);
  EXPECT_NE(refused.error().detail.find("wrong PIN; 7 tries left"), std::string::npos) << refused.error().detail;
}

TEST_F(FidoKeyTest, SaysWhatToDoAfterThreeWrongPinsInARow) {
  software.behaviour.pin = "4321";
  (void)enrol(creation());
  (void)enrol(creation());
  const auto refused = enrol(creation());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("unplug the key"), std::string::npos) << refused.error().detail;
}

TEST_F(FidoKeyTest, SaysThatALockedPinNeedsAReset) {
  software.behaviour.pin = "1234";
  software.behaviour.pin_tries = 0;
  const auto refused = enrol(creation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unauthenticated);
  EXPECT_NE(refused.error().detail.find("locked for good"), std::string::npos) << refused.error().detail;
  EXPECT_EQ(pin_prompts, 0);
}

TEST_F(FidoKeyTest, SendsNoPinThatCannotBeOne) {
  software.behaviour.pin = "1234";
  for (const std::string_view typed : {"", "123", "1234567890123456789012345678901234567890123456789012345678901234"}) {
    typed_pin = typed;
    const auto refused = enrol(creation());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unauthenticated);
  }
  EXPECT_EQ(software.behaviour.pin_tries, 8);
}

TEST_F(FidoKeyTest, FallsBackToThePinWhenTheReaderIsLocked) {
  software.behaviour.pin = "1234";
  software.behaviour.reader_locked = true;
  const auto response = enrol(creation());
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(pin_prompts, 1);
  EXPECT_TRUE(verify_registration(rp, {}, creation().challenge, *response, kNow));
}

TEST_F(FidoKeyTest, SaysThatAKeyIsEnrolledAlready) {
  const auto first = enrol(creation());
  ASSERT_TRUE(first);
  CreationOptions again = creation();
  again.exclude = {{.id = first->id}};
  const auto refused = enrol(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
}

TEST_F(FidoKeyTest, SaysThatAKeyIsNotEnrolledHere) {
  const auto refused = log_in(request(Bytes(32, 7)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_NE(refused.error().detail.find("not enrolled"), std::string::npos);
}

TEST_F(FidoKeyTest, SaysThatItWasNotTouchedInTime) {
  software.behaviour.touched = false;
  const auto refused = enrol(creation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::deadline_exceeded);
}

TEST_F(FidoKeyTest, RefusesAU2fKeyWhereTheUserMustBeVerified) {
  software.behaviour.u2f_only = true;
  const auto refused = enrol(creation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::configuration);
  EXPECT_EQ(touches, 0);
}

TEST_F(FidoKeyTest, SaysThatTheKeyKnowsNoneOfTheAlgorithms) {
  CreationOptions options = creation();
  options.algorithms = {webauthn::kEdDsa};
  const auto refused = enrol(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::configuration);
}

TEST_F(FidoKeyTest, NeverSignsForAnApplianceThatItIsNotTalkingTo) {
  CreationOptions options = creation();
  for (const std::string_view foreign : {"bank.example", "example", "ault.example", "evil.vault.example", ""}) {
    options.rp.id = foreign;
    const auto refused = enrol(options);
    ASSERT_FALSE(refused) << foreign;
    EXPECT_EQ(refused.error().code, Code::forbidden);
  }
  EXPECT_EQ(touches, 0);
}

TEST_F(FidoKeyTest, SaysThatTheDeviceIsGone) {
  const auto refused = FidoDevice::open("soft:none", test::SoftFidoDevice::io());
  ASSERT_FALSE(refused);
}

TEST_F(FidoKeyTest, FindsADiscoverableCredentialWithoutBeingToldItsId) {
  CreationOptions options = creation();
  options.resident_key = true;
  const auto made = enrol(options);
  ASSERT_TRUE(made);
  const auto login = log_in({.rp_id = rp.id, .challenge = Bytes(32, 1)});
  ASSERT_TRUE(login) << login.error().describe();
  EXPECT_EQ(login->id, made->id);
  EXPECT_EQ(login->user_handle, (Bytes{1, 2, 3, 4}));
}

}  // namespace
}  // namespace kaito::fido_client
