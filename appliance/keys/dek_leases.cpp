#include "appliance/keys/dek_leases.hpp"

namespace kaito::keys {
namespace {

std::string name_of(ByteView wrapped, ByteView aad) {
  // With the AAD's size in front, no two pairs share a name.
  std::string name;
  name.reserve(aad.size() + wrapped.size() + 2);
  name.push_back(static_cast<char>(aad.size() >> 8));
  name.push_back(static_cast<char>(aad.size()));
  name += as_text(aad);
  name += as_text(wrapped);
  return name;
}

}  // namespace

DekLeases::DekLeases(const Clock& clock, std::size_t capacity)
    : clock_(clock), shard_capacity_(capacity / kShards + 1) {}

std::optional<Dek> DekLeases::find(const OrgId& org, ByteView wrapped, ByteView aad, Seconds lease) {
  if (lease <= Seconds(0)) return std::nullopt;
  const std::string name = name_of(wrapped, aad);
  const SteadyPoint now = clock_.steady_now();
  Shard& shard = shard_of(org);
  const std::lock_guard lock(shard.mutex);
  if (const auto leases = shard.orgs.find(org); leases != shard.orgs.end())
    // The lease of the moment counts, should it have been shortened since.
    if (const auto found = leases->second.find(name);
        found != leases->second.end() && now < found->second.unwrapped_at + lease && now < found->second.ends_at) {
      ++shard.hits;
      return found->second.dek.duplicate();
    }
  ++shard.misses;
  return std::nullopt;
}

std::uint64_t DekLeases::purges(const OrgId& org) const {
  const Shard& shard = shard_of(org);
  const std::lock_guard lock(shard.mutex);
  return shard.purges;
}

void DekLeases::keep(const OrgId& org, ByteView wrapped, ByteView aad, const Dek& dek, Seconds lease,
                     std::uint64_t purges) {
  if (lease <= Seconds(0)) return;
  std::string name = name_of(wrapped, aad);
  const SteadyPoint now = clock_.steady_now();
  Lease fresh{.dek = dek.duplicate(), .unwrapped_at = now, .ends_at = now + lease};
  Shard& shard = shard_of(org);
  const std::lock_guard lock(shard.mutex);
  if (shard.purges != purges || shard.kept >= shard_capacity_) return;
  if (shard.orgs[org].insert_or_assign(std::move(name), std::move(fresh)).second) ++shard.kept;
}

void DekLeases::purge(const OrgId& org) {
  Shard& shard = shard_of(org);
  const std::lock_guard lock(shard.mutex);
  ++shard.purges;
  const auto leases = shard.orgs.find(org);
  if (leases == shard.orgs.end()) return;
  shard.kept -= leases->second.size();
  shard.orgs.erase(leases);
}

void DekLeases::purge_all() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    ++shard.purges;
    shard.orgs.clear();
    shard.kept = 0;
  }
}

void DekLeases::sweep() {
  const SteadyPoint now = clock_.steady_now();
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto& [org, leases] : shard.orgs)
      shard.kept -= std::erase_if(leases, [now](const auto& entry) { return now >= entry.second.ends_at; });
    std::erase_if(shard.orgs, [](const auto& entry) { return entry.second.empty(); });
  }
}

DekLeaseStatistics DekLeases::statistics() const {
  DekLeaseStatistics sum;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.kept += shard.kept;
  }
  return sum;
}

}  // namespace kaito::keys
