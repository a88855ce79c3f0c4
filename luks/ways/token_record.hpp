// What a LUKS2 token says about where its keyslot's passphrase comes from: docs/formats/luks-tokens.md. The formats
// systemd-recovery, systemd-tpm2 and systemd-fido2 are systemd's, so that systemd-cryptsetup opens the same volume.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "appliance/base/bytes.hpp"

namespace kaito::luks {

class JsonFields;

// A printed key. `shares` when it was printed in parts.
struct RecoveryRecord {
  struct Shares {
    std::string set;  // 8 hexadecimal digits, printed on each share
    unsigned threshold = 0;
    unsigned count = 0;
  };
  std::optional<Shares> shares{};
};

// Sealed to a TPM's registers; with `signed_by` also to what a signed policy allows (systemd.pcrsig).
struct Tpm2Record {
  Bytes blob;                  // TPM2B_PRIVATE, then TPM2B_PUBLIC
  std::vector<unsigned> pcrs;  // 0 to 23, of the SHA-256 bank
  Bytes policy_hash;           // 32 bytes: the policy that the sealed object asks for
  bool pin = false;            // written by systemd-cryptenroll only
  std::vector<unsigned> signed_pcrs{};
  std::string signed_by{};  // public key, PEM; empty: none
};

// Wrapped by a key in an HSM.
struct HsmRecord {
  std::string key;     // which one: an RFC 7512 URI or a label, at most 512 characters
  std::string scheme;  // how, in the wrapper's own words, at most 64 characters
  Bytes wrapped;       // at most 1,024 bytes
};

// The output of one FIDO2 key's hmac-secret extension.
struct Fido2Record {
  Bytes credential;  // its id, at most 1,023 bytes
  Bytes salt;        // 32 bytes
  std::string relying_party;
  bool pin = false;
  bool presence = true;
  bool verification = false;
};

// A secret shared among FIDO2 keys, any `threshold` of which open it.
struct Fido2QuorumRecord {
  struct Member {
    std::string name;  // of the officer or key, for people
    Bytes credential;
    Bytes sealed;  // the member's share: sealed_share.hpp
  };
  unsigned threshold = 0;
  bool pin = false;
  Bytes salt;                   // 32 bytes, the same for all: one question finds the member
  std::vector<Member> members;  // 2 to 16
};

using TokenRecord = std::variant<RecoveryRecord, Tpm2Record, HsmRecord, Fido2Record, Fido2QuorumRecord>;

std::string_view token_type(const TokenRecord& record);

// Strict: unknown members and types are refused (Code::integrity).
Result<TokenRecord> parse_token_record(const JsonFields& token);
Result<TokenRecord> parse_token_record(const boost::json::object& token);

// The token's JSON for one keyslot.
boost::json::object to_json(const TokenRecord& record, int keyslot);

}  // namespace kaito::luks
