// Attestation statements and certificates: right ones, and ones that are wrong in one place.
#include "appliance/auth/webauthn/attestation.hpp"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/auth/webauthn/client.hpp"
#include "appliance/auth/webauthn/client_data.hpp"
#include "appliance/auth/webauthn/reason.hpp"
#include "tests/fakes/soft_authenticator/soft_key.hpp"
#include "tests/fakes/soft_authenticator/test_certificates.hpp"
#include "tests/unit/webauthn/ceremony_fixture.hpp"

namespace kaito::webauthn {
namespace {

using cbor::Writer;
using test::CertificateFields;
using test::SoftKey;

constexpr Aaguid kAaguid{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

class AttestationTest : public testing::Test {
 protected:
  AttestationTest() {
    const std::string json = client_data_json(kTypeCreate, challenge, rp.origins.front());
    client_data.assign(json.begin(), json.end());
    auth_data.resize(32);
    SHA256(as_bytes(rp.id).data(), rp.id.size(), auth_data.data());
    append_u8(auth_data, kFlagUp | kFlagUv | kFlagAt);
    append_u32(auth_data, 1);
    append(auth_data, kAaguid);
    append_u16(auth_data, static_cast<std::uint16_t>(id.size()));
    append(auth_data, id);
    append(auth_data, credential.cose_key(kEs256));
  }

  [[nodiscard]] Bytes signed_by(const SoftKey& key) const {
    Bytes message = auth_data;
    append(message, client_data_hash(client_data));
    return key.sign(message);
  }

  [[nodiscard]] Bytes u2f_signature(const SoftKey& key) const {
    Bytes message{0};
    append(message, ByteView(auth_data).first(32));
    append(message, client_data_hash(client_data));
    append(message, id);
    append_u8(message, 4);
    append(message, credential.x());
    append(message, credential.y());
    return key.sign(message);
  }

  [[nodiscard]] Bytes packed(const CertificateFields& fields) const {
    return packed_with({make_attestation_certificate(maker, ca, fields)});
  }

  [[nodiscard]] Bytes packed_with(const std::vector<Bytes>& certificates, int alg = kEs256) const {
    Writer writer;
    writer.map(3).text("alg").integer(alg).text("sig").bytes(signed_by(maker)).text("x5c").array(certificates.size());
    for (const Bytes& certificate : certificates) writer.bytes(certificate);
    return writer.take();
  }

  std::string judge(std::string_view format, const Bytes& statement) const {
    const RegistrationResponse response{.id = id,
                                        .client_data_json = client_data,
                                        .attestation_object = make_attestation_object(format, statement, auth_data)};
    const auto result = verify_registration(rp, policy, challenge, response, kNow);
    return result ? "accepted" : std::string(to_string(reason_of(result.error()).value()));
  }

  SoftKey ca = SoftKey::generate();
  SoftKey maker = SoftKey::generate();
  SoftKey credential = SoftKey::generate();
  RelyingParty rp{.id = "vault.example", .origins = {"https://vault.example"}};
  Policy policy{.attestation = Attestation::trusted, .trusted_roots = {make_ca_certificate(ca)}};
  Bytes challenge = Bytes(32, 3);
  Bytes id = Bytes(16, 4);
  Bytes client_data;
  Bytes auth_data;
};

TEST_F(AttestationTest, AcceptsAPackedStatementUnderATrustedRoot) {
  EXPECT_EQ(judge("packed", packed({})), "accepted");
  EXPECT_EQ(judge("packed", packed({.aaguid = kAaguid})), "accepted");
}

TEST_F(AttestationTest, RefusesCertificatesThatBreakTheirRequirements) {
  EXPECT_EQ(judge("packed", packed({.country = ""})), "cert");
  EXPECT_EQ(judge("packed", packed({.organization = ""})), "cert");
  EXPECT_EQ(judge("packed", packed({.unit = ""})), "cert");
  EXPECT_EQ(judge("packed", packed({.unit = "authenticator attestation"})), "cert");
  EXPECT_EQ(judge("packed", packed({.common_name = ""})), "cert");
  EXPECT_EQ(judge("packed", packed({.version = 1})), "cert");
  EXPECT_EQ(judge("packed", packed({.ca = true})), "cert");
  EXPECT_EQ(judge("packed", packed({.ca = std::nullopt})), "cert");
  EXPECT_EQ(judge("packed", packed({.aaguid = kAaguid, .aaguid_critical = true})), "cert");
  EXPECT_EQ(judge("packed", packed({.aaguid = Aaguid{}})), "aaguid");
}

TEST_F(AttestationTest, RefusesCertificatesOutsideTheirTimeWhereTrustIsRequired) {
  const CertificateFields expired{.not_after = "20250101000000Z"};
  const CertificateFields early{.not_before = "20900101000000Z"};
  EXPECT_EQ(judge("packed", packed(expired)), "trust");
  EXPECT_EQ(judge("packed", packed(early)), "trust");
  policy.attestation = Attestation::any;
  EXPECT_EQ(judge("packed", packed(expired)), "accepted");
}

TEST_F(AttestationTest, AcceptsALeafThatIsItselfTrusted) {
  const Bytes leaf = make_attestation_certificate(maker, ca, {});
  policy.trusted_roots = {leaf};
  EXPECT_EQ(judge("packed", packed_with({leaf})), "accepted");
}

TEST_F(AttestationTest, RefusesPackedStatementsThatBreakTheirSyntax) {
  const Bytes leaf = make_attestation_certificate(maker, ca, {});
  Writer ecdaa;
  ecdaa.map(3).text("alg").integer(kEs256).text("sig").bytes(signed_by(maker)).text("ecdaaKeyId").bytes(Bytes(8));
  EXPECT_EQ(judge("packed", ecdaa.view()), "attstmt");
  Writer text_signature;
  text_signature.map(2).text("alg").integer(kEs256).text("sig").text("x");
  EXPECT_EQ(judge("packed", text_signature.view()), "attstmt");
  Writer certificate_alone;
  certificate_alone.map(3).text("alg").integer(kEs256).text("sig").bytes(signed_by(maker)).text("x5c").bytes(leaf);
  EXPECT_EQ(judge("packed", certificate_alone.view()), "attstmt");
  EXPECT_EQ(judge("packed", packed_with({})), "attstmt");
  EXPECT_EQ(judge("packed", packed_with({leaf}, kEs384)), "attstmt");
  EXPECT_EQ(judge("packed", packed_with({leaf}, kRs256)), "attstmt");
  EXPECT_EQ(judge("packed", packed_with({leaf}, -47)), "alg");
  EXPECT_EQ(judge("packed", packed_with({leaf, Bytes{0x30, 0x00}})), "cert");
  EXPECT_EQ(judge("packed", packed_with(std::vector<Bytes>(9, leaf))), "attstmt");
}

TEST_F(AttestationTest, RefusesASignatureByAnotherKey) {
  const SoftKey other = SoftKey::generate();
  EXPECT_EQ(judge("packed", packed_with({make_attestation_certificate(other, ca, {})})), "signature");
}

TEST_F(AttestationTest, ChecksSelfAttestationByTheCredentialsKey) {
  policy.attestation = Attestation::any;
  const auto self = [&](int alg, const SoftKey& key) {
    Writer writer;
    return writer.map(2).text("alg").integer(alg).text("sig").bytes(signed_by(key)).take();
  };
  EXPECT_EQ(judge("packed", self(kEs256, credential)), "accepted");
  EXPECT_EQ(judge("packed", self(kEs256, maker)), "signature");
  EXPECT_EQ(judge("packed", self(kEdDsa, credential)), "attstmt");
}

TEST_F(AttestationTest, ChecksU2fStatementsOverTheirOwnMessage) {
  const auto u2f = [&](const Bytes& signature, const std::vector<Bytes>& certificates) {
    Writer writer;
    writer.map(2).text("sig").bytes(signature).text("x5c").array(certificates.size());
    for (const Bytes& certificate : certificates) writer.bytes(certificate);
    return writer.take();
  };
  const Bytes leaf = make_attestation_certificate(maker, ca, {.unit = "U2F", .ca = std::nullopt});
  EXPECT_EQ(judge("fido-u2f", u2f(u2f_signature(maker), {leaf})), "accepted");
  EXPECT_EQ(judge("fido-u2f", u2f(signed_by(maker), {leaf})), "signature");
  EXPECT_EQ(judge("fido-u2f", u2f(u2f_signature(credential), {leaf})), "signature");
  EXPECT_EQ(judge("fido-u2f", u2f(u2f_signature(maker), {leaf, make_ca_certificate(ca)})), "attstmt");
  EXPECT_EQ(judge("fido-u2f", u2f(u2f_signature(maker), {})), "attstmt");
  EXPECT_EQ(judge("fido-u2f", packed({})), "attstmt");
}

TEST_F(AttestationTest, RefusesANoneStatementWithContent) {
  policy.attestation = Attestation::any;
  EXPECT_EQ(judge("none", Writer().map(0).take()), "accepted");
  EXPECT_EQ(judge("none", packed({})), "attstmt");
}

TEST_F(AttestationTest, RefusesFormatsOutsideTheProfile) {
  for (const std::string_view format : {"tpm", "android-key", "android-safetynet", "apple", "compound", "Packed", ""})
    EXPECT_EQ(judge(format, packed({})), "fmt") << format;
}

TEST_F(AttestationTest, RefusesExtensionsThatNoFlagAnnouncesAndFlagsWithoutExtensions) {
  const Bytes good = auth_data;
  append(auth_data, Writer().map(1).text("credProtect").integer(2).take());
  EXPECT_EQ(judge("packed", packed({})), "authdata");
  auth_data[32] |= kFlagEd;
  EXPECT_EQ(judge("packed", packed({})), "accepted");
  auth_data = good;
  auth_data[32] |= kFlagEd;
  EXPECT_EQ(judge("packed", packed({})), "cbor");
}

// libfido2 declines extension outputs that it would not have asked for; OpenSSL then verifies the same bytes.
TEST_F(AttestationTest, IgnoresExtensionsThatItDoesNotKnow) {
  auth_data[32] |= kFlagEd;
  append(auth_data, Writer().map(2).text("credProtect").integer(9).text("thirdPartyThing").array(1).text("x").take());
  EXPECT_EQ(judge("packed", packed({})), "accepted");
  EXPECT_EQ(judge("packed", packed_with({make_attestation_certificate(credential, ca, {})})), "signature");
}

}  // namespace
}  // namespace kaito::webauthn
