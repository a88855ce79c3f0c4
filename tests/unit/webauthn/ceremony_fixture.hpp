// A relying party, a security key in software, and one accepted ceremony of each kind to spoil.
#pragma once

#include <gtest/gtest.h>

#include "appliance/auth/webauthn/verify_assertion.hpp"
#include "appliance/auth/webauthn/verify_registration.hpp"
#include "tests/fakes/soft_authenticator/soft_authenticator.hpp"

namespace kaito::webauthn {

inline constexpr TimePoint kNow{Milliseconds{1'790'000'000'000}};
inline constexpr std::string_view kOrigin = "https://vault.example";

class CeremonyTest : public testing::Test {
 protected:
  [[nodiscard]] CreationOptions creation() const {
    return {.rp = rp,
            .rp_name = "Kaito",
            .user = {.id = user, .name = "ada", .display_name = "Ada"},
            .challenge = challenge,
            .attestation_wanted = true};
  }

  RegistrationResponse make_registration() {
    auto response = key.make_credential(creation(), kOrigin);
    EXPECT_TRUE(response) << response.error().describe();
    return *std::move(response);
  }

  Registered registered() {
    auto result = verify_registration(rp, policy, challenge, make_registration(), kNow);
    EXPECT_TRUE(result) << result.error().describe();
    return *std::move(result);
  }

  // Enrols a credential and keeps its record in `stored`.
  void enrol() {
    const Registered made = registered();
    stored = {.id = made.credential_id,
              .cose_key = made.cose_key,
              .sign_count = made.sign_count,
              .backup_eligible = made.backup_eligible,
              .user_handle = user};
  }

  AssertionResponse make_assertion() {
    auto response = key.get_assertion({.rp_id = rp.id, .challenge = challenge, .allow = {{.id = stored.id}}}, kOrigin);
    EXPECT_TRUE(response) << response.error().describe();
    return *std::move(response);
  }

  Result<Asserted> check(const AssertionResponse& response) {
    return verify_assertion(rp, policy, challenge, response, stored);
  }
  Result<Registered> check(const RegistrationResponse& response) {
    return verify_registration(rp, policy, challenge, response, kNow);
  }

  template <class T>
  static std::string reason(const Result<T>& result) {
    if (result) return "accepted";
    const auto found = reason_of(result.error());
    return found ? std::string(to_string(*found)) : result.error().describe();
  }

  test::SoftAuthenticator key;
  RelyingParty rp{.id = "vault.example", .origins = {std::string(kOrigin)}};
  Policy policy{.attestation = Attestation::trusted, .trusted_roots = {key.root_certificate()}};
  Bytes challenge = Bytes(32, 0x42);
  Bytes user{9, 8, 7};
  StoredCredential stored;
};

}  // namespace kaito::webauthn
