// Unwrapped DEKs that may be used again for a while, so that a burst of reads of one seed asks the HSM once.
//
// A lease is the longest time that a DEK opens seeds after the HSM has last agreed to unwrap it: once a key is disabled
// in the HSM, codes stop within the lease. It is never extended by use. Zero is strict: nothing is kept. DEKs lie in
// locked memory and are wiped when their lease ends, whether or not anybody asks.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "appliance/base/ids.hpp"
#include "appliance/base/secret.hpp"
#include "appliance/base/time.hpp"

namespace kaito::keys {

struct DekLeaseStatistics {
  std::uint64_t hits = 0;    // DEKs given without the HSM
  std::uint64_t misses = 0;  // asked for under a lease, and not there
  std::size_t kept = 0;
};

// Thread-safe.
class DekLeases {
 public:
  // At most `capacity` DEKs are kept, 32 bytes of locked memory each; the ones beyond it are simply not kept. `clock`
  // must outlive this.
  DekLeases(const Clock& clock, std::size_t capacity);

  // A copy of the DEK that was unwrapped from this very blob under this AAD, at most `lease` ago.
  std::optional<Dek> find(const OrgId& org, ByteView wrapped, ByteView aad, Seconds lease);

  // To be taken before the HSM is asked, for keep().
  [[nodiscard]] std::uint64_t purges(const OrgId& org) const;
  // Keeps a copy. Does nothing when `lease` is zero, or when the org was purged since `purges` was taken: an answer
  // that was on its way must not bring back what a purge has taken.
  void keep(const OrgId& org, ByteView wrapped, ByteView aad, const Dek& dek, Seconds lease, std::uint64_t purges);

  // Wipes what is kept of the org, or of all: its key was revoked, rotated or deleted, or the appliance is locked.
  void purge(const OrgId& org);
  void purge_all();
  // Wipes what has run out; to be called every second or so.
  void sweep();

  [[nodiscard]] DekLeaseStatistics statistics() const;

 private:
  struct Lease {
    Dek dek;
    SteadyPoint unwrapped_at;
    SteadyPoint ends_at;
  };
  // All leases of an org are in one shard, so that a purge looks at no other.
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<OrgId, std::unordered_map<std::string, Lease>> orgs;
    std::size_t kept = 0;
    std::uint64_t purges = 0;  // of any of its orgs
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(const OrgId& org) { return shards_[std::hash<OrgId>{}(org) % kShards]; }
  [[nodiscard]] const Shard& shard_of(const OrgId& org) const { return shards_[std::hash<OrgId>{}(org) % kShards]; }

  const Clock& clock_;
  const std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace kaito::keys
