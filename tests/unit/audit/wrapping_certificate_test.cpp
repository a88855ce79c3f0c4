#include "appliance/audit/wrapping_certificate.hpp"

#include <gtest/gtest.h>

#include "tests/unit/audit/software_signer.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kApplianceOrigin = "kaito.local/0190163d-8694-739b-aea5-966c26f8ad91";

class WrappingCertificateTest : public testing::Test {
 protected:
  static VerifierKey verifier(const SoftwareSigner& signer, std::string_view origin = kApplianceOrigin) {
    return *VerifierKey::make(std::string(origin), signer.public_key());
  }
  WrappingKeyFacts facts() const {
    Bytes modulus(512, 0xab);
    modulus.back() = 0xad;  // odd, as a modulus is
    return {.origin = std::string(kApplianceOrigin),
            .version = 12,
            .hash = "SHA-256",
            .modulus = std::move(modulus),
            .public_exponent = {1, 0, 1},
            .made_at = made_at_};
  }
  std::string issue(const SoftwareSigner& signer) const {
    const auto draft = draft_wrapping_certificate(facts(), verifier(signer)).value();
    return finish_wrapping_certificate(draft, signer.signature(draft.issuer_tbs), signer.signature(draft.tbs)).value();
  }
  Code refusal(std::string_view pem, const VerifierKey& key, TimePoint now) const {
    const auto opened = open_wrapping_certificate(pem, {&key, 1}, now);
    EXPECT_FALSE(opened);
    return opened ? Code::internal : opened.error().code;
  }

  const SoftwareSigner signer_{1};
  const TimePoint made_at_ = from_unix_ms(1'795'500'000'000);
};

TEST_F(WrappingCertificateTest, S12SaysWhichKeyItIsAndHowToWrapByIt) {
  const auto key = verifier(signer_);
  const auto opened = open_wrapping_certificate(issue(signer_), {&key, 1}, made_at_);
  ASSERT_TRUE(opened) << opened.error().describe();
  EXPECT_EQ(opened->version, 12U);
  EXPECT_EQ(opened->hash, "SHA-256");
  EXPECT_EQ(EVP_PKEY_get_bits(opened->key.get()), 4096);
  EXPECT_EQ(opened->signer, key);
}

TEST_F(WrappingCertificateTest, IsTheSameBytesEachTime) { EXPECT_EQ(issue(signer_), issue(signer_)); }

TEST_F(WrappingCertificateTest, AnotherAppliancesIsRefused) {
  const SoftwareSigner other(2);
  EXPECT_EQ(refusal(issue(other), verifier(signer_), made_at_), Code::integrity);
  EXPECT_EQ(refusal(issue(signer_), verifier(signer_, "kaito.local/other"), made_at_), Code::integrity);
}

TEST_F(WrappingCertificateTest, NoByteOfItMayBeChanged) {
  const std::string pem = issue(signer_);
  const std::size_t end = pem.find("-----END");
  for (std::size_t at = pem.find('\n') + 1; at < end; at += 13) {
    std::string changed = pem;
    if (changed[at] == '\n') continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto key = verifier(signer_);
    EXPECT_FALSE(open_wrapping_certificate(changed, {&key, 1}, made_at_)) << "byte " << at;
  }
}

TEST_F(WrappingCertificateTest, HoldsForTenYears) {
  const auto key = verifier(signer_);
  EXPECT_EQ(refusal(issue(signer_), key, made_at_ - std::chrono::hours(2)), Code::integrity);
  EXPECT_EQ(refusal(issue(signer_), key, made_at_ + std::chrono::days(3653)), Code::integrity);
  EXPECT_TRUE(open_wrapping_certificate(issue(signer_), {&key, 1}, made_at_ + std::chrono::days(3651)));
}

TEST_F(WrappingCertificateTest, WhatIsNoCertificateIsMalformed) {
  EXPECT_EQ(refusal("", verifier(signer_), made_at_), Code::invalid_request);
  EXPECT_EQ(refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", verifier(signer_), made_at_),
            Code::invalid_request);
  EXPECT_EQ(refusal(std::string(kMaxWrappingCertificate + 1, 'x'), verifier(signer_), made_at_), Code::invalid_request);
}

TEST_F(WrappingCertificateTest, ASignatureThatDoesNotHoldIsNotGivenOut) {
  const auto draft = draft_wrapping_certificate(facts(), verifier(signer_)).value();
  const SoftwareSigner other(2);
  const auto finished =
      finish_wrapping_certificate(draft, signer_.signature(draft.issuer_tbs), other.signature(draft.tbs));
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, Code::hsm_key_rejected);
}

}  // namespace
}  // namespace kaito::audit
