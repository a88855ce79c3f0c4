// Certificates of the life of keys: what a rotation or a destruction has come to, signed with the audit key and
// verifiable offline (docs/formats/key-certificate.md).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "appliance/audit/signed_note.hpp"
#include "appliance/store/key_records.hpp"

namespace kaito::audit {

inline constexpr std::size_t kMaxKeyCertificate = 1'114'112;  // bytes, with its signatures

// One fact: the name is of a-z and hyphens, the value printable ASCII.
using CertificateField = std::pair<std::string, std::string>;

// The text to sign: which certificate of which rotation of which key, issued when, and then `facts`.
std::string key_statement(std::string_view origin, const store::Rotation& rotation, store::CertificateKind kind,
                          TimePoint issued, std::span<const CertificateField> facts);

// "platform-kek", "org-kek", "audit-key", "backup-key".
std::string_view key_name(store::KeyKind kind) noexcept;

struct OpenedKeyCertificate {
  std::vector<CertificateField> fields;  // in the order of the text
  std::vector<VerifierKey> signers;

  // The first field of that name; empty when there is none.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

// Code::invalid_request when it is malformed, Code::integrity when no trusted key signed it, one's signature is wrong,
// or it is of another log than the key.
Result<OpenedKeyCertificate> open_key_certificate(std::string_view note, std::span<const VerifierKey> trusted);

}  // namespace kaito::audit
