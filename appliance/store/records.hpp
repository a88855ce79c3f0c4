// The rows that the product keeps, as plain values. Every identifier, enum value and byte string is stored as it stands
// here; numbers of enums are part of the database format and never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/ids.hpp"
#include "appliance/base/time.hpp"

namespace kaito::store {

enum class MemberRole : std::uint8_t { viewer = 1, member = 2, admin = 3, owner = 4 };
enum class StaffRole : std::uint8_t { auditor = 1, operator_ = 2, security_officer = 3 };
enum class MemberState : std::uint8_t { invited = 1, active = 2, disabled = 3 };

inline constexpr std::uint32_t kMaxDekLease = 3600;

struct Org {
  OrgId id;
  std::string name;  // unique, 1 to 128 bytes
  TimePoint created_at{};
  KeyVersion kek_version = 0;         // the version that new DEKs are wrapped under
  KeyVersion oldest_kek_version = 1;  // seeds under an older one are refused
  // The org's index key, wrapped like a DEK under `kek_version`: keys the fingerprints that find duplicate secrets.
  Bytes wrapped_index_key;
  // How long an unwrapped DEK of the org may be used again, in seconds, 0 to kMaxDekLease; absent: the appliance's.
  std::optional<std::uint32_t> dek_lease;
  friend bool operator==(const Org&, const Org&) = default;
};

struct Member {
  MemberId id;
  OrgId org;
  std::string username;  // normalised; unique in the org
  std::string display_name;
  MemberRole role = MemberRole::viewer;
  MemberState state = MemberState::invited;
  std::string password_hash;  // PHC string; empty while invited
  std::uint32_t failed_logins = 0;
  std::optional<TimePoint> locked_until;
  TimePoint created_at{};
  friend bool operator==(const Member&, const Member&) = default;
};

struct Group {
  GroupId id;
  OrgId org;
  std::string name;  // unique in the org
  TimePoint created_at{};
  friend bool operator==(const Group&, const Group&) = default;
};

// What changes a code, in the numbers of the seed format (docs/formats/seed.md).
struct CodeParameters {
  std::uint8_t type = 0;       // 1 TOTP, 2 HOTP, 3 Steam
  std::uint8_t algorithm = 0;  // 1 SHA-1, 2 SHA-256, 3 SHA-512
  std::uint8_t digits = 0;
  std::uint16_t period = 0;  // seconds; 0 for HOTP
  friend bool operator==(const CodeParameters&, const CodeParameters&) = default;
};

struct Seed {
  SeedId id;
  OrgId org;
  CodeParameters parameters;
  std::string issuer;
  std::string account;
  std::uint64_t counter = 0;   // HOTP: the next counter to use
  std::uint32_t revision = 1;  // grows with every change of the row
  KeyVersion kek_version = 0;
  Bytes wrapped_dek;
  ByteArray<12> iv{};
  Bytes ciphertext;
  ByteArray<16> tag{};
  ByteArray<32> row_mac{};      // over labels, counter and revision, keyed from the DEK
  ByteArray<16> fingerprint{};  // finds the same secret again within the org; keyed, tells nothing of it
  TimePoint created_at{};
  friend bool operator==(const Seed&, const Seed&) = default;
};

struct Staff {
  StaffId id;
  std::string name;  // unique
  StaffRole role = StaffRole::operator_;
  bool disabled = false;
  TimePoint created_at{};
  friend bool operator==(const Staff&, const Staff&) = default;
};

struct StaffCredential {
  Bytes credential_id;  // unique
  StaffId staff;
  std::string label;
  Bytes cose_key;
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  ByteArray<16> aaguid{};
  TimePoint created_at{};
  friend bool operator==(const StaffCredential&, const StaffCredential&) = default;
};

// A token that is good once: an invitation, or the right to enrol a staff key.
enum class OneTimePurpose : std::uint8_t { member_invitation = 1, staff_enrolment = 2, first_staff_setup = 3 };
struct OneTimeToken {
  ByteArray<32> token_hash{};  // SHA-256 of the token
  OneTimePurpose purpose = OneTimePurpose::member_invitation;
  UuidBytes subject{};  // MemberId or StaffId; nil for the first set-up
  std::optional<OrgId> org;
  TimePoint expires_at{};
  friend bool operator==(const OneTimeToken&, const OneTimeToken&) = default;
};

enum class SubjectKind : std::uint8_t { member = 1, staff = 2 };
struct Session {
  SessionId id;
  ByteArray<32> token_hash{};
  SubjectKind kind = SubjectKind::member;
  UuidBytes subject{};
  std::optional<OrgId> org;  // members only
  TimePoint created_at{};
  TimePoint last_seen{};
  TimePoint authenticated_at{};  // when factors were last shown
  std::string peer;
  friend bool operator==(const Session&, const Session&) = default;
};

struct ApiKey {
  ApiKeyId id;
  OrgId org;
  std::string name;
  ByteArray<32> token_hash{};
  std::string hint;              // the token's last four characters, for people
  std::uint32_t scopes = 0;      // bits of auth::Scope
  std::vector<GroupId> groups;   // empty: all of the org's seeds; keeps the id of a group that was removed
  std::string allowed_networks;  // CIDR list separated by commas; empty: any
  std::optional<TimePoint> expires_at;
  std::optional<TimePoint> last_used;
  TimePoint created_at{};
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

struct AuditRow {
  std::uint64_t sequence = 0;  // leaf index, from 0
  std::optional<OrgId> org;
  TimePoint time{};
  std::string record;  // the leaf's exact bytes (docs/formats/audit.md)
  ByteArray<32> leaf_hash{};
  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

struct AuditCheckpoint {
  std::uint64_t tree_size = 0;
  ByteArray<32> root{};
  KeyVersion key_version = 0;
  std::string note;  // C2SP signed note
  TimePoint time{};
  friend bool operator==(const AuditCheckpoint&, const AuditCheckpoint&) = default;
};

// A page of a listing. `next` is the cursor of the following page; absent on the last.
template <class Row>
struct Page {
  std::vector<Row> rows;
  std::optional<std::string> next;
};

struct PageRequest {
  std::uint32_t limit = 100;  // 1 to 1000
  std::optional<std::string> cursor;
};

}  // namespace kaito::store
