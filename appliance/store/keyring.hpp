// The keyring: the wrapped org KEKs, apart from the database and tiny, so that a shredded org's blob can be driven out
// of every copy. Never in a backup of the database.
#pragma once

#include <optional>
#include <vector>

#include "appliance/base/ids.hpp"
#include "appliance/base/result.hpp"

namespace kaito::store {

struct KeyringEntry {
  OrgId org;
  KeyVersion version = 0;           // of the org KEK
  KeyVersion platform_version = 0;  // of the platform KEK that wraps it
  Bytes blob;                       // docs/formats/wrapped-key.md
  friend bool operator==(const KeyringEntry&, const KeyringEntry&) = default;
};

// Thread-safe. Every change is durable when the call returns.
class Keyring {
 public:
  virtual ~Keyring() = default;
  virtual Result<std::optional<KeyringEntry>> find(const OrgId& org, KeyVersion version) = 0;
  virtual Result<std::vector<KeyringEntry>> entries_of(const OrgId& org) = 0;
  virtual Result<std::vector<OrgId>> orgs() = 0;
  // Code::conflict when the org has that version already.
  virtual Status insert(const KeyringEntry& entry) = 0;
  virtual Status remove(const OrgId& org) = 0;  // all versions; nothing to remove is no error
};

}  // namespace kaito::store
