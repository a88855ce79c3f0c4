// The org KEKs: where a DEK is wrapped and unwrapped for an org, whichever HSM holds the key.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "appliance/base/task.hpp"
#include "appliance/base/time.hpp"
#include "appliance/keys/dek_leases.hpp"
#include "appliance/keys/hsm_connections.hpp"
#include "appliance/keys/key_use_ledger.hpp"
#include "appliance/store/key_records.hpp"
#include "appliance/store/keyring.hpp"
#include "hsm/client/client.hpp"

namespace kaito::keys {

// AES-GCM encryptions under one org KEK. SP 800-38D §8.3 ends at 2^32 with random IVs; nothing is wrapped beyond this.
inline constexpr std::uint64_t kMaxInvocations = (std::uint64_t{1} << 32) - (1U << 20);
// Invocations are reserved in the keyring by so many at a time, so that a stop never loses count; it costs at most a
// block.
inline constexpr std::uint64_t kInvocationBlock = 1U << 16;

// Thread-safe.
class OrgKeys {
 public:
  // `hsm`: the appliance's own. `platform_version`: the platform KEK that wraps new org KEKs there.
  OrgKeys(hsm::Client& hsm, HsmConnections& customers, store::Keyring& keyring, DekLeases& leases,
          KeyVersion platform_version, const Clock& clock)
      : hsm_(hsm),
        customers_(customers),
        keyring_(keyring),
        leases_(leases),
        clock_(clock),
        platform_version_(platform_version) {}

  // Makes version `version` of the org's KEK in the appliance's HSM, or takes a key of a customer's HSM for it, and
  // keeps the blob in the keyring; durable when it returns. Code::conflict when that version exists.
  Task<Status> create(OrgId org, KeyVersion version, store::KeyPlace place = {});
  // Where a version is, as create() was told; absent when there is no such version.
  Result<std::optional<store::KeyPlace>> place_of(const OrgId& org, KeyVersion version);
  // Where the version after `version` is to be when nobody says otherwise: in the same HSM. In a customer's it is a key
  // that we make, since only its owner could name another.
  Result<store::KeyPlace> next_place(const OrgId& org, KeyVersion version);
  // Removes the versions from `version` on, by which nothing may have been wrapped.
  Status drop_from(const OrgId& org, KeyVersion version);

  // One result a DEK, in order. The outer error concerns the KEK or the HSM; a missing blob is Code::integrity, since
  // nobody may delete the key of an org that lives. Code::hsm_key_rejected: the KEK has been used too often (F14).
  Task<Result<std::vector<Result<hsm::WrappedDek>>>> wrap(OrgId org, KeyVersion version,
                                                          std::vector<hsm::DekToWrap> deks);
  // A DEK that the HSM has unwrapped within `lease` is given again without it; 0 always asks. `use`: what for; codes
  // are counted as by HSM or by lease, as it comes.
  Task<Result<std::vector<Result<Dek>>>> unwrap(OrgId org, KeyVersion version, std::vector<hsm::DekToUnwrap> deks,
                                                Seconds lease, KeyUse use = KeyUse::code_by_hsm);
  // The same for one DEK: the path of every code.
  Task<Result<Dek>> unwrap_one(OrgId org, KeyVersion version, hsm::WrappedDek wrapped, Bytes aad, Seconds lease,
                               KeyUse use = KeyUse::code_by_hsm);
  // Opens DEKs with version `from` and seals them with version `to`. Begins at once. The DEKs stay inside the worker
  // where both versions are in one HSM; else they pass through our locked memory. Either way what an HSM opened is held
  // against the DEK's proof, and what it wrapped was opened again. The answer must be waited for.
  Result<Future<Result<std::vector<Result<hsm::WrappedDek>>>>> rewrap(OrgId org, KeyVersion from, KeyVersion to,
                                                                      std::vector<hsm::DekToRewrap> deks);

  // Removes the org's blobs from the keyring. Without them its DEKs, and so its seeds, cannot be opened.
  Status remove(const OrgId& org);
  // Removes the versions below `version`, which wrap nothing any more. Who still holds a row that was read before gets
  // Code::hsm_unavailable, and finds the new one when trying again.
  Status retire_below(const OrgId& org, KeyVersion version);

  // Counts what unwrap() and unwrap_one() open from now on. Before the first of them; `ledger` outlives this.
  void count_in(KeyUseLedger& ledger) noexcept { ledger_ = &ledger; }

  // Wipes the org's unwrapped DEKs.
  void purge_leases(const OrgId& org) { leases_.purge(org); }

  [[nodiscard]] KeyVersion platform_version() const noexcept { return platform_version_; }
  void use_platform_version(KeyVersion version) noexcept { platform_version_ = version; }
  // Puts the entries into the keyring and uses their blobs from then on.
  Status adopt(std::span<const store::RewrappedEntry> entries);

 private:
  struct Name {
    OrgId org;
    KeyVersion version = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const noexcept { return std::hash<OrgId>{}(name.org) ^ name.version; }
  };
  struct Invocations {
    std::uint64_t used = 0;
    std::uint64_t reserved = 0;
  };
  struct Found {
    hsm::OrgKekRef kek;
    HsmConnection* customer = nullptr;  // whose HSM it is in; null: the appliance's
  };
  using Wrapped = std::vector<Result<hsm::WrappedDek>>;
  Result<Found> find(const OrgId& org, KeyVersion version);
  Result<Found> read(const OrgId& org, KeyVersion version);
  // Reads the keyring again when `stale` is what is remembered.
  Result<hsm::OrgKekRef> find_again(const hsm::OrgKekRef& stale);
  Task<Status> take_customers(OrgId org, KeyVersion version, store::KeyPlace place);
  // In the HSM that has the key.
  Task<Result<std::vector<Result<Dek>>>> unwrap_at(OrgId org, const Found& key, std::vector<hsm::DekToUnwrap> deks);
  Task<Result<Wrapped>> wrap_at(OrgId org, const Found& key, std::vector<hsm::DekToWrap> deks);
  Task<Result<Dek>> ask(OrgId org, KeyVersion version, const hsm::WrappedDek& wrapped, const Bytes& aad);
  Task<Result<std::vector<Result<Dek>>>> ask(OrgId org, KeyVersion version, const std::vector<hsm::DekToUnwrap>& deks);
  Status count(const Name& name, std::uint64_t encryptions);
  void note_use(const OrgId& org, KeyUse use, std::uint64_t deks) noexcept {
    if (ledger_ != nullptr) ledger_->count(org, use, deks);
  }

  hsm::Client& hsm_;
  HsmConnections& customers_;
  store::Keyring& keyring_;
  DekLeases& leases_;
  const Clock& clock_;
  std::atomic<KeyVersion> platform_version_;
  std::shared_mutex mutex_;
  // Blobs read so far: wrapped, so no secret; at most kMaxRemembered.
  std::unordered_map<Name, Found, NameHash> remembered_;
  std::unordered_map<OrgId, KeyVersion> retired_below_;
  KeyUseLedger* ledger_ = nullptr;
  std::mutex counting_;
  std::unordered_map<Name, Invocations, NameHash> invocations_;  // of the KEKs that wrapped since the start
};

}  // namespace kaito::keys
