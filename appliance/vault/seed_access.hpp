// Which seeds a caller reaches: the one place that decides it for single seeds. A seed that is not reached is not
// there: Code::not_found.
#pragma once

#include <atomic>
#include <memory>

#include "appliance/auth/permit.hpp"
#include "appliance/store/read_cache.hpp"

namespace kaito::vault {

// The row, when it is of the permit's org and in a group that the caller sees.
Result<store::Seed> reachable_seed(store::Reader& reader, const auth::Permit& permit, const SeedId& id);

// The same as of now, for the path of every code: rows that were read since the last change are at hand. Thread-safe.
class SeedRows {
 public:
  // `default_lease`: of orgs that say nothing themselves.
  SeedRows(store::Store& store, Seconds default_lease) : default_lease_(default_lease), known_(store, kRemembered) {}

  struct Reached {
    std::shared_ptr<const store::Seed> row;
    Seconds lease;  // of its org's DEKs
    // Whether the MAC of this very row, as it lies in memory, has been found right already; never null.
    std::shared_ptr<std::atomic<bool>> mac_is_right;
  };
  Result<Reached> reachable(const auth::Permit& permit, const SeedId& id);

 private:
  static constexpr std::size_t kRemembered = 65'536;  // about 1 KiB each
  struct Name {
    OrgId org;
    SeedId seed;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const noexcept { return std::hash<SeedId>{}(name.seed); }
  };
  struct Shared {
    store::Seed row;
    std::vector<GroupId> groups;
    Seconds lease;
    std::shared_ptr<std::atomic<bool>> mac_is_right;
  };
  const Seconds default_lease_;
  store::ReadCache<Name, Shared, NameHash> known_;
};

// The permit's org; Code::internal when the endpoint has none.
Result<OrgId> org_of(const auth::Permit& permit);

// As audit records name it.
audit::Target seed_target(const SeedId& id);

}  // namespace kaito::vault
