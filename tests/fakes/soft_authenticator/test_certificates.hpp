// Certificates of a maker of test authenticators: a CA, and attestation certificates as L3 §8.2.1 wants them.
#pragma once

#include <optional>
#include <string>

#include "appliance/auth/webauthn/relying_party.hpp"
#include "tests/fakes/soft_authenticator/soft_key.hpp"

namespace kaito::test {

// Valid from 2020 to 2120, self-signed, DER.
Bytes make_ca_certificate(const SoftKey& ca);

// What an attestation certificate says; the defaults are right, tests make single fields wrong.
struct CertificateFields {
  std::string country = "DE";
  std::string organization = "Kaito Test Keys";
  std::string unit = "Authenticator Attestation";
  std::string common_name = "Software Key Attestation";
  long version = 3;
  std::optional<bool> ca = false;  // none: no Basic Constraints
  std::optional<webauthn::Aaguid> aaguid{};
  bool aaguid_critical = false;
  std::string not_before = "20200101000000Z";
  std::string not_after = "21200101000000Z";
};

Bytes make_attestation_certificate(const SoftKey& subject, const SoftKey& ca, const CertificateFields& fields);

}  // namespace kaito::test
