// X.509 certificates of the wrapping key, by which customers send keys of their own. They are signed with the audit key
// in the HSM, so whoever has noted the verifier key of this appliance's log can check them, offline and by any X.509
// program (docs/formats/key-import.md).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "appliance/audit/verifier_key.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/openssl_handles.hpp"

namespace kaito::audit {

inline constexpr std::size_t kMaxWrappingCertificate = 65'536;  // bytes of the PEM text

// What a certificate says of a wrapping key. Its hash is RSA-OAEP's: "SHA-1" or "SHA-256".
struct WrappingKeyFacts {
  std::string origin;  // of the audit log, at most 64 bytes
  KeyVersion version = 0;
  std::string hash;
  Bytes modulus;  // big-endian
  Bytes public_exponent;
  TimePoint made_at{};
};

// The two certificates in the making: what is to be signed of each, as Ed25519 (RFC 8410) with the audit key.
struct WrappingCertificateDraft {
  Bytes issuer_tbs;  // TBSCertificate in DER: the audit key's own
  Bytes tbs;         // the wrapping key's
};

// The same facts and key always give the same bytes. Code::internal when OpenSSL refuses.
Result<WrappingCertificateDraft> draft_wrapping_certificate(const WrappingKeyFacts& facts, const VerifierKey& key);

// Both as PEM text: the wrapping key's certificate first, then its issuer's.
Result<std::string> finish_wrapping_certificate(const WrappingCertificateDraft& draft,
                                                const ByteArray<64>& issuer_signature, const ByteArray<64>& signature);

struct OpenedWrappingCertificate {
  KeyVersion version = 0;
  std::string hash;
  http::PkeyPtr key;  // RSA
  VerifierKey signer;
};

// Code::invalid_request when it is malformed; Code::integrity when it is not signed with one of the trusted keys, is of
// another log than that key, or is not valid at `now`.
Result<OpenedWrappingCertificate> open_wrapping_certificate(std::string_view pem, std::span<const VerifierKey> trusted,
                                                            TimePoint now);

}  // namespace kaito::audit
