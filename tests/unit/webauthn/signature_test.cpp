// libfido2 and OpenSSL must agree, and libfido2 must decline only what signature.hpp says.
#include "appliance/auth/webauthn/signature.hpp"

#include <filesystem>

#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/fido_verify.hpp"
#include "tests/unit/webauthn/ceremony_fixture.hpp"
#include "tests/unit/webauthn/vectors.hpp"

namespace kaito::webauthn {
namespace {

TEST(Signature, IsLeftToLibfido2ForTheAcceptedAssertionsOfEveryAlgorithm) {
  if (!std::filesystem::exists(vector_file())) GTEST_SKIP() << "no vectors at " << vector_file();
  const auto vectors = read_vectors(vector_file());
  ASSERT_TRUE(vectors) << vectors.error().describe();
  std::map<int, int> valid;
  for (const VectorCase& vector : *vectors) {
    if (vector.is_registration || vector.expected != "accept") continue;
    const auto data = parse_authenticator_data(vector.assertion.authenticator_data);
    const auto map = cbor::decode(vector.credential.cose_key, cbor::KeyOrder::canonical);
    ASSERT_TRUE(data && map) << vector.id;
    const auto key = parse_cose_key(*map);
    ASSERT_TRUE(key) << vector.id;
    const auto hash = client_data_hash(vector.assertion.client_data_json);
    const SignedData signed_data{.rp_id = vector.rp.id, .auth_data = *data, .client_data_hash = hash};
    const Verdict verdict = fido::verify_assertion(signed_data, *key, vector.assertion.signature);
    EXPECT_EQ(verdict, Verdict::valid) << vector.id << " algorithm " << key->algorithm;
    ++valid[key->algorithm];
  }
  for (const auto& [algorithm, count] : valid)
    fmt::print("  libfido2 verified {} assertions of algorithm {}\n", count, algorithm);
}

}  // namespace
}  // namespace kaito::webauthn
