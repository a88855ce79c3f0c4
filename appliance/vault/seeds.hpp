// Seeds: added one by one, listed, relabelled, removed. Secrets go in and never come out.
#pragma once

#include <string>
#include <vector>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/vault/seed_opener.hpp"
#include "appliance/vault/seed_sealer.hpp"

namespace kaito::vault {

inline constexpr std::size_t kMaxLabelBytes = 256;
inline constexpr std::uint64_t kMaxSeedsPerOrg = 1'000'000;

struct SeedQuery {
  std::optional<GroupId> group;
  std::string search;
  store::PageRequest page;
};

// What changes: absent members stay as they are.
struct SeedLabels {
  std::optional<std::string> issuer;
  std::optional<std::string> account;
  std::optional<std::uint32_t> expected_revision;  // Code::conflict when the row has moved on
};

// Thread-safe.
class Seeds {
 public:
  Seeds(store::Store& store, audit::Journal& journal, SeedSealer& sealer, SeedOpener& opener)
      : store_(store), journal_(journal), sealer_(sealer), opener_(opener) {}

  // Adds a seed to the permit's org and to `groups`. Callers who see only their groups must name at least one of them.
  // Code::conflict (field "secret") when the org has that secret with these parameters already.
  Task<Result<auth::Recorded<store::Seed>>> create(const auth::Permit& permit, NewSeed seed,
                                                   std::vector<GroupId> groups);
  // Labels and parameters of the seeds that the caller reaches.
  Task<Result<auth::Recorded<store::Page<store::Seed>>>> list(const auth::Permit& permit, SeedQuery query);
  Task<Result<auth::Recorded<store::Seed>>> get(const auth::Permit& permit, SeedId id);
  // The row's MAC is checked with the DEK before and made anew after, so an altered row cannot be laundered.
  Task<Result<auth::Recorded<store::Seed>>> relabel(const auth::Permit& permit, SeedId id, SeedLabels labels);
  Task<Result<auth::Recorded<void>>> remove(const auth::Permit& permit, SeedId id);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  SeedSealer& sealer_;
  SeedOpener& opener_;
};

// Not empty when both are absent, sizes within kMaxLabelBytes; names the field.
Status check_labels(std::string_view issuer, std::string_view account);

// Code::not_found when a group is not of the org; Code::forbidden when the caller sees only some groups and names none
// of them, or another.
Status check_groups(store::Reader& reader, const auth::Permit& permit, const std::vector<GroupId>& groups);

}  // namespace kaito::vault
