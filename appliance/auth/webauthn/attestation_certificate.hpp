// X.509 certificates of authenticator makers.
#pragma once

#include <memory>
#include <vector>

#include "appliance/auth/webauthn/cose_key.hpp"
#include "appliance/auth/webauthn/relying_party.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

struct x509_st;

namespace kaito::webauthn {

inline constexpr std::size_t kMaxCertificates = 8;  // in one x5c
inline constexpr std::size_t kMaxCertificateBytes = 8 * 1024;

struct FreeCertificate {
  void operator()(x509_st* certificate) const noexcept;
};
using Certificate = std::unique_ptr<x509_st, FreeCertificate>;

// DER, all of it. Refusals: Reason::cert.
Result<Certificate> parse_certificate(ByteView der);

// Refusals: Reason::cert.
Result<PublicKey> certificate_key(const x509_st& certificate);

// §8.2.1, and the AAGUID extension against the authenticator data (§8.2). Refusals: Reason::cert, Reason::aaguid.
Status check_packed_certificate(const x509_st& certificate, const Aaguid& aaguid);

// Does the chain, leaf first, lead to one of `roots` (DER) at `now`? Refusals: Reason::trust.
Status check_trust(const std::vector<Certificate>& chain, const std::vector<Bytes>& roots, TimePoint now);

}  // namespace kaito::webauthn
