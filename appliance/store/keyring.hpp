// The keyring: the wrapped org KEKs, apart from the database and tiny, so that a shredded org's blob can be driven out
// of every copy. Never in a backup of the database.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "appliance/base/ids.hpp"
#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

namespace kaito::store {

struct KeyringEntry {
  OrgId org;
  KeyVersion version = 0;           // of the org KEK
  KeyVersion platform_version = 0;  // of the platform KEK that wraps it; 0: another HSM's key wraps it
  Bytes blob;                       // docs/formats/wrapped-key.md; of another HSM's key: keys/customer_key.hpp
  TimePoint created_at{};           // of the org KEK
  std::uint64_t invocations = 0;    // AES-GCM encryptions with the org KEK, reserved ahead
  Bytes check_value;                // of a key that the customer made and imported, 3 bytes; empty: made in an HSM
  friend bool operator==(const KeyringEntry&, const KeyringEntry&) = default;
};

// Where to go on in the order of entries_below().
struct KeyringPlace {
  OrgId org;
  KeyVersion version = 0;
};

// An entry with its blob under another platform KEK.
struct RewrappedEntry {
  KeyringEntry before;
  KeyVersion platform_version = 0;
  Bytes blob;
};

// Thread-safe. Every change is durable when the call returns.
class Keyring {
 public:
  virtual ~Keyring() = default;
  virtual Result<std::optional<KeyringEntry>> find(const OrgId& org, KeyVersion version) = 0;
  virtual Result<std::vector<KeyringEntry>> entries_of(const OrgId& org) = 0;
  virtual Result<std::vector<OrgId>> orgs() = 0;
  // Code::conflict when the org has that version already (field "version"), or when the entry's platform KEK is below
  // the floor (field "platform_version").
  virtual Status insert(const KeyringEntry& entry) = 0;
  virtual Status remove(const OrgId& org) = 0;  // all versions; nothing to remove is no error
  // The org's versions below `version`.
  virtual Status remove_below(const OrgId& org, KeyVersion version) = 0;

  // The org's versions from `version` on, which nothing has been wrapped by yet.
  virtual Status remove_from(const OrgId& org, KeyVersion version) = 0;

  // Entries that a platform KEK below `platform_version` wraps, in the order of org and version, after `place`.
  virtual Result<std::vector<KeyringEntry>> entries_below(KeyVersion platform_version, const KeyringPlace& place,
                                                          std::uint32_t limit) = 0;
  virtual Result<std::uint64_t> count_below(KeyVersion platform_version) = 0;
  // All in one transaction. Leaves alone what is no longer as it was read: the entry is gone, or has another blob.
  virtual Status rewrap(std::span<const RewrappedEntry> entries) = 0;
  // From now on no entry may come under a platform KEK below `platform_version`. Code::conflict when there is one.
  // Never lowers the floor.
  virtual Status raise_floor(KeyVersion platform_version) = 0;
  virtual Result<KeyVersion> floor() = 0;

  // Adds `count` to the entry's invocations and gives the sum before. Code::not_found when there is no such entry.
  virtual Result<std::uint64_t> reserve(const OrgId& org, KeyVersion version, std::uint64_t count) = 0;
  // Newest versions, of at most `limit` orgs, that are older than `created_before` or have `invocations` or more. The
  // age of a key in another HSM is its owner's affair.
  virtual Result<std::vector<KeyringPlace>> worn_out(TimePoint created_before, std::uint64_t invocations,
                                                     std::uint32_t limit) = 0;

  // The whole keyring as the file it could be opened from.
  virtual Result<Bytes> image() = 0;
  // Grows with every change.
  [[nodiscard]] virtual std::uint64_t changes() const noexcept = 0;
};

}  // namespace kaito::store
