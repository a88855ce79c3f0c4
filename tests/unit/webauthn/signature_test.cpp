// libfido2 and OpenSSL must agree, and libfido2 must decline only what signature.hpp says.
#include "appliance/auth/webauthn/signature.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <filesystem>

#include "appliance/auth/webauthn/attestation.hpp"
#include "appliance/auth/webauthn/cbor_writer.hpp"
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

TEST(Signature, IsLeftToLibfido2ForTheAcceptedAttestationsOfEveryFormat) {
  if (!std::filesystem::exists(vector_file())) GTEST_SKIP() << "no vectors at " << vector_file();
  const auto vectors = read_vectors(vector_file());
  ASSERT_TRUE(vectors) << vectors.error().describe();
  std::map<std::string, int> valid;
  for (const VectorCase& vector : *vectors) {
    if (!vector.is_registration || vector.expected != "accept") continue;
    const auto object = parse_attestation_object(vector.registration.attestation_object);
    ASSERT_TRUE(object) << vector.id;
    if (object->format == "none") continue;
    const auto data = parse_authenticator_data(object->auth_data);
    ASSERT_TRUE(data) << vector.id;
    const auto key = parse_cose_key(data->credential->cose_key);
    ASSERT_TRUE(key) << vector.id;
    const auto hash = client_data_hash(vector.registration.client_data_json);
    const SignedData signed_data{.rp_id = vector.rp.id, .auth_data = *data, .client_data_hash = hash};
    const bool certified = object->statement.find("x5c") != nullptr;
    const std::string format(object->format);
    EXPECT_EQ(
        fido::verify_attestation(signed_data, key->algorithm, format.c_str(), object->statement.encoded, certified),
        Verdict::valid)
        << vector.id;
    ++valid[format + (certified ? "" : ", self")];
  }
  for (const auto& [format, count] : valid)
    fmt::print("  libfido2 verified {} attestations of format {}\n", count, format);
}

// An Ed25519 credential that signs authenticator data too long for libfido2's buffer.
class LongEdDsa : public testing::Test {
 protected:
  LongEdDsa() {
    auth_data.resize(32);
    SHA256(as_bytes(rp.id).data(), rp.id.size(), auth_data.data());
    append_u8(auth_data, kFlagUp | kFlagUv | kFlagEd);
    append_u32(auth_data, 1);
    append(auth_data, cbor::Writer().map(1).text("largeOutput").bytes(Bytes(1000, 0x5a)).take());
    const std::string json = client_data_json(kTypeGet, challenge, rp.origins.front());
    client_data.assign(json.begin(), json.end());
  }
  ~LongEdDsa() override { EVP_PKEY_free(key); }

  [[nodiscard]] Bytes cose_key() const {
    Bytes x(32);
    std::size_t size = x.size();
    EVP_PKEY_get_raw_public_key(key, x.data(), &size);
    cbor::Writer writer;
    writer.map(4).integer(1).integer(1).integer(3).integer(kEdDsa).integer(-1).integer(6).integer(-2).bytes(x);
    return writer.take();
  }

  [[nodiscard]] AssertionResponse response() const {
    Bytes message = auth_data;
    append(message, client_data_hash(client_data));
    Bytes signature(64);
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EXPECT_EQ(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key), 1);
    EXPECT_EQ(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()), 1);
    EVP_MD_CTX_free(context);
    return {.id = Bytes{1}, .client_data_json = client_data, .authenticator_data = auth_data, .signature = signature};
  }

  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  RelyingParty rp{.id = "vault.example", .origins = {"https://vault.example"}};
  Bytes challenge = Bytes(32, 3);
  Bytes auth_data;
  Bytes client_data;
};

TEST_F(LongEdDsa, IsVerifiedByOpenSslBecauseLibfido2Declines) {
  const StoredCredential stored{.id = Bytes{1}, .cose_key = cose_key()};
  AssertionResponse signed_response = response();
  const auto data = parse_authenticator_data(auth_data);
  const auto map = cbor::decode(stored.cose_key, cbor::KeyOrder::canonical);
  ASSERT_TRUE(data && map);
  const auto hash = client_data_hash(client_data);
  EXPECT_EQ(fido::verify_assertion({rp.id, *data, hash}, *parse_cose_key(*map), signed_response.signature),
            Verdict::declined);

  EXPECT_TRUE(verify_assertion(rp, {}, challenge, signed_response, stored));
  signed_response.signature[63] ^= 1;
  const auto refused = verify_assertion(rp, {}, challenge, signed_response, stored);
  ASSERT_FALSE(refused);
  EXPECT_EQ(reason_of(refused.error()), Reason::signature);
}

}  // namespace
}  // namespace kaito::webauthn
