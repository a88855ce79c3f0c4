// Every single bit of what a credential signed, and of the signature, counts.
#include "tests/unit/webauthn/ceremony_fixture.hpp"
#include "tests/unit/webauthn/vectors.hpp"

#include <filesystem>

namespace kaito::webauthn {
namespace {

using WebauthnBits = CeremonyTest;

// How many flips of single bits of `part` are accepted; none may be.
template <class Check>
int accepted_flips(Bytes& part, Check check) {
  int accepted = 0;
  for (std::size_t bit = 0; bit < part.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    part[bit / 8] ^= mask;
    accepted += check() ? 1 : 0;
    part[bit / 8] ^= mask;
  }
  return accepted;
}

void expect_no_flip_accepted(AssertionResponse response, const std::function<bool(const AssertionResponse&)>& check,
                             const std::string& name) {
  ASSERT_TRUE(check(response)) << name;
  EXPECT_EQ(accepted_flips(response.authenticator_data, [&] { return check(response); }), 0) << name;
  EXPECT_EQ(accepted_flips(response.client_data_json, [&] { return check(response); }), 0) << name;
  EXPECT_EQ(accepted_flips(response.signature, [&] { return check(response); }), 0) << name;
}

TEST_F(WebauthnBits, F39RefusesAnAssertionWithAnyBitFlipped) {
  policy.uv = UserVerification::preferred;  // the signature alone must notice, where it can
  policy.allow_backup_eligible = true;
  policy.allow_cross_origin = true;
  enrol();
  expect_no_flip_accepted(
      make_assertion(), [&](const AssertionResponse& response) { return check(response).has_value(); }, "ES256");
}

TEST_F(WebauthnBits, F39RefusesARegistrationWithAnyBitOfItsClientDataFlipped) {
  RegistrationResponse response = make_registration();
  ASSERT_TRUE(check(response));
  EXPECT_EQ(accepted_flips(response.client_data_json, [&] { return check(response).has_value(); }), 0);
}

TEST_F(WebauthnBits, F39RefusesARegistrationWithAnyBitOfItsAttestationFlipped) {
  RegistrationResponse response = make_registration();
  ASSERT_TRUE(check(response));
  EXPECT_EQ(accepted_flips(response.attestation_object, [&] { return check(response).has_value(); }), 0);
}

// The same for one accepted assertion of each algorithm in the shared vectors.
TEST(WebauthnBitsOfVectors, F39RefusesEachAlgorithmsAssertionWithAnyBitFlipped) {
  if (!std::filesystem::exists(vector_file())) GTEST_SKIP() << "no vectors at " << vector_file();
  const auto vectors = read_vectors(vector_file());
  ASSERT_TRUE(vectors) << vectors.error().describe();
  std::map<std::size_t, int> seen;  // by the length of the key, which differs for each algorithm
  for (const VectorCase& vector : *vectors) {
    if (vector.is_registration || vector.expected != "accept") continue;
    if (seen[vector.credential.cose_key.size()]++ > 0) continue;
    expect_no_flip_accepted(
        vector.assertion,
        [&](const AssertionResponse& response) {
          return verify_assertion(vector.rp, vector.policy, vector.challenge, response, vector.credential).has_value();
        },
        vector.id);
  }
  EXPECT_GE(seen.size(), 4U) << "ES256, ES384, EdDSA and RS256";
}

}  // namespace
}  // namespace kaito::webauthn
