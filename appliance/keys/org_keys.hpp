// The org KEKs: where a DEK is wrapped and unwrapped for an org, whichever HSM holds the key.
#pragma once

#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "appliance/base/task.hpp"
#include "appliance/store/keyring.hpp"
#include "hsm/client/client.hpp"

namespace kaito::keys {

// Thread-safe.
class OrgKeys {
 public:
  // `platform_version`: the platform KEK that wraps new org KEKs.
  OrgKeys(hsm::Client& hsm, store::Keyring& keyring, KeyVersion platform_version)
      : hsm_(hsm), keyring_(keyring), platform_version_(platform_version) {}

  // Makes version `version` of the org's KEK in the HSM and keeps the blob in the keyring; durable when it returns.
  // Code::conflict when that version exists.
  Task<Status> create(OrgId org, KeyVersion version);

  // One result a DEK, in order. The outer error concerns the KEK or the HSM; a missing blob is Code::integrity, since
  // nobody may delete the key of an org that lives.
  Task<Result<std::vector<Result<hsm::WrappedDek>>>> wrap(OrgId org, KeyVersion version,
                                                          std::vector<hsm::DekToWrap> deks);
  Task<Result<std::vector<Result<Dek>>>> unwrap(OrgId org, KeyVersion version, std::vector<hsm::DekToUnwrap> deks);
  // The same for one DEK: the path of every code.
  Task<Result<Dek>> unwrap_one(OrgId org, KeyVersion version, hsm::WrappedDek wrapped, Bytes aad);

  // Removes the org's blobs from the keyring. Without them its DEKs, and so its seeds, cannot be opened.
  Status remove(const OrgId& org);

 private:
  struct Name {
    OrgId org;
    KeyVersion version = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const noexcept { return std::hash<OrgId>{}(name.org) ^ name.version; }
  };
  Result<hsm::OrgKekRef> find(const OrgId& org, KeyVersion version);

  hsm::Client& hsm_;
  store::Keyring& keyring_;
  const KeyVersion platform_version_;
  std::shared_mutex mutex_;
  // Blobs read so far: wrapped, so no secret; at most kMaxRemembered.
  std::unordered_map<Name, hsm::OrgKekRef, NameHash> remembered_;
};

}  // namespace kaito::keys
