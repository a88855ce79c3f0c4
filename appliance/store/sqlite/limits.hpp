// The bounds of stored values, as the CHECKs of migrations/*.sql state them. Bytes unless said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kaito::store::sqlite::limits {

constexpr std::size_t kMetaValue = 1'048'576;
constexpr std::size_t kOrgName = 128;
constexpr std::size_t kName = 1024;  // names and labels of everything else
constexpr std::size_t kPasswordHash = 512;
constexpr std::size_t kWrappedDekLeast = 61;  // hsm/protocol/wrapped_dek.hpp
constexpr std::size_t kWrappedDek = 448;
constexpr std::size_t kCiphertext = 1024;
constexpr std::size_t kCredentialId = 1023;  // WebAuthn L3 §4, "Credential ID"
constexpr std::size_t kCoseKey = 4096;
constexpr std::size_t kApprovalAction = 64;
constexpr std::uint32_t kApprovalsNeeded = 255;
constexpr std::size_t kApprovalText = 65'536;
constexpr std::size_t kClientData = 32'768;  // auth/webauthn/response_json.hpp, and the next three
constexpr std::size_t kAuthenticatorDataLeast = 37;
constexpr std::size_t kAuthenticatorData = 16'384;
constexpr std::size_t kAssertionSignature = 1024;
constexpr std::size_t kPeer = 256;
constexpr std::size_t kHint = 64;
constexpr std::size_t kKeyGroups = 16'384;  // 1024 groups
constexpr std::size_t kNetworks = 16'384;
constexpr std::size_t kRecord = 1'048'576;
constexpr std::size_t kNote = 65'536;
constexpr std::size_t kKeyringBlob = 65'536;
constexpr std::size_t kCheckValue = 3;
constexpr std::size_t kRotationError = 512;
constexpr std::size_t kHsmName = 32;
constexpr std::size_t kKeyUri = 512;
constexpr std::size_t kStatement = 1'048'576;
constexpr std::size_t kSignedStatement = 1'114'112;
constexpr std::size_t kSearch = 256;
constexpr unsigned kPageRows = 1000;
constexpr unsigned kAuditRows = 10'000;

}  // namespace kaito::store::sqlite::limits
