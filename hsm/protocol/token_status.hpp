// What the token is, which keys it holds and how it has been used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"

namespace kaito::hsm {

struct PlatformKek {
  KeyVersion version = 0;
};

struct AuditKey {
  KeyVersion version = 0;
  ByteArray<32> public_key{};  // Ed25519, RFC 8032 §5.1.5
};

// GCM invocations under one org KEK since it was loaded into this worker. SP 800-38D §8.3 allows 2^32 with random IVs.
struct OrgKekUse {
  std::string key;  // first 16 hex digits of BLAKE2b-256 over the wrapped blob
  std::uint64_t encryptions = 0;
  std::uint64_t decryptions = 0;
};

struct TokenStatus {
  std::string label;
  std::string serial;
  std::string model;
  std::string manufacturer;
  std::string firmware;                 // "major.minor"
  std::vector<std::string> mechanisms;  // what was chosen: "DEKs: AES-GCM (CKM_AES_GCM)", …
  std::uint64_t max_sessions = 0;       // 0: unlimited or unknown
  std::vector<PlatformKek> platform_keks;
  std::vector<AuditKey> audit_keys;
  std::vector<PlatformKek> backup_keys;    // of the platform KEKs' kind
  std::vector<PlatformKek> wrapping_keys;  // RSA pairs, by which customers send keys
  std::vector<OrgKekUse> org_keks;         // loaded now, most recently used first, at most 64
  std::uint64_t loaded_org_keks = 0;
  std::uint64_t epoch = 0;  // grows each time the token is reopened
  std::uint64_t wraps = 0;  // DEKs, since the worker started
  std::uint64_t unwraps = 0;
  std::uint64_t rewraps = 0;  // DEKs and org KEKs
  std::uint64_t refused = 0;  // DEKs and org KEKs that failed authentication
  std::uint64_t signatures = 0;
};

}  // namespace kaito::hsm
