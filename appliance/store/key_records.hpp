// Rows about the life of keys: rotations, their certificates, deleted orgs, and the keys that live in the HSM. Numbers
// of enums are part of the database format and never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "appliance/base/time.hpp"
#include "appliance/store/records.hpp"

namespace kaito {

using RotationId = Id<struct RotationTag>;

}  // namespace kaito

namespace kaito::store {

// A wrapping key has no rotation: nothing that lasts is wrapped by it.
enum class KeyKind : std::uint8_t { platform = 1, org = 2, audit = 3, backup = 4, wrapping = 5 };

enum class RotationState : std::uint8_t {
  running = 1,
  paused = 2,
  done = 3,
  failed = 4,     // something must be mended first; may be resumed
  cancelled = 5,  // the org that it was for is gone, or somebody thought better of it before anything was moved
};

// What a rotation is at. Each step may be repeated, so a stop at any point costs at most one step.
enum class RotationPhase : std::uint8_t {
  prepare = 1,  // the new version is made, and everything new uses it
  rewrap = 2,   // what the old versions wrap is wrapped anew
  certify = 3,  // nothing refers to an old version any more, and nothing can; a certificate says so
  destroy = 4,  // the old versions are destroyed; a second certificate says so
  complete = 5,
};

// Where an org's key is.
struct KeyPlace {
  std::string hsm;    // name of a customer's HSM; empty: the appliance's, and the rest does not count
  std::string key;    // there: an RFC 7512 URI of printable ASCII
  bool make = false;  // it is made there if it is missing
  [[nodiscard]] bool is_customers() const noexcept { return !hsm.empty(); }
  friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

// One change of a key to its next version. At most one of a key is running, paused or failed.
struct Rotation {
  RotationId id;
  KeyKind kind = KeyKind::platform;
  std::optional<OrgId> org;  // org keys only
  KeyVersion from = 0;       // the newest version when it began
  KeyVersion to = 0;
  RotationState state = RotationState::running;
  RotationPhase phase = RotationPhase::prepare;
  bool destroy_old = false;   // all versions below `to` are destroyed as its last step
  std::uint64_t done = 0;     // wrapped keys
  std::uint64_t total = 0;    // as counted when the work began, or grown since
  std::uint64_t refused = 0;  // of the present pass: what could not be unwrapped
  TimePoint started_at{};
  TimePoint updated_at{};
  std::optional<TimePoint> ended_at;
  KeyPlace place;     // org keys: where the new version is to be
  std::string error;  // why it failed or waits; safe to show to staff and the org's owner, at most 512 bytes
  friend bool operator==(const Rotation&, const Rotation&) = default;
};

enum class CertificateKind : std::uint8_t {
  no_reference = 1,  // nothing refers to a version below `to`
  destroyed = 2,     // the versions below `to` are gone
};

// At most one of a kind for each rotation. The statement is settled before it is signed, so that a repetition after a
// stop signs the same bytes.
struct KeyCertificate {
  RotationId rotation;
  CertificateKind kind = CertificateKind::no_reference;
  std::string statement;  // docs/formats/key-certificate.md
  std::string note;       // the statement with its signatures; empty until signed
  TimePoint issued_at{};
  friend bool operator==(const KeyCertificate&, const KeyCertificate&) = default;
};

// An org that was deleted. Its KEK blobs left the keyring with it; older copies of the keyring are dead once the
// platform KEK that wraps them is destroyed, which the rotation named here does.
struct DeletedOrg {
  OrgId org;
  TimePoint deleted_at{};
  std::optional<RotationId> rotation;
  std::optional<TimePoint> shredded_at;
  std::string name;  // so that people know what they shred; empty from then on
  friend bool operator==(const DeletedOrg&, const DeletedOrg&) = default;
};

// A version of a key that lives in the HSM itself: platform, audit, backup or wrapping.
struct HsmKey {
  KeyKind kind = KeyKind::platform;
  KeyVersion version = 0;
  TimePoint created_at{};  // or first seen
  std::optional<TimePoint> destroyed_at;
  friend bool operator==(const HsmKey&, const HsmKey&) = default;
};

// What an org KEK was used for: DEKs that were opened.
enum class KeyUse : std::uint8_t {
  code_by_hsm = 1,    // for a code, unwrapped by the HSM
  code_by_lease = 2,  // for a code, again under its lease
  change = 3,         // for a change of the seed's row, by the HSM
  index_key = 4,      // the org's index key, by the HSM
  refused = 5,        // the HSM could not unwrap it
};
inline constexpr std::size_t kKeyUses = 5;

// In one period, or summed over several.
struct KeyUseCount {
  OrgId org;  // nil: orgs that were too many to be counted apart
  KeyUse use = KeyUse::code_by_hsm;
  std::uint64_t count = 0;
  friend bool operator==(const KeyUseCount&, const KeyUseCount&) = default;
};

// A stretch of one process's life in which uses were counted, at most an hour.
struct KeyUsePeriod {
  TimePoint began_at{};
  std::uint64_t audit_from = 0;   // size of the audit log when it began
  std::uint64_t audit_until = 0;  // and when its counts were written last
  TimePoint written_at{};
  bool complete = false;  // ended in an orderly way: no count is lost
  friend bool operator==(const KeyUsePeriod&, const KeyUsePeriod&) = default;
};

// Of a seed's row, what wraps its DEK, and the seal that this DEK alone opens.
struct SeedDek {
  SeedId seed;
  CodeParameters parameters;
  KeyVersion kek_version = 0;
  Bytes wrapped_dek;
  ByteArray<12> iv{};
  Bytes ciphertext;
  ByteArray<16> tag{};
  friend bool operator==(const SeedDek&, const SeedDek&) = default;
};

// Where to go on in the order of seed_deks().
struct SeedDekPlace {
  KeyVersion kek_version = 0;
  SeedId seed;
};

}  // namespace kaito::store
