// Orgs: made by staff, with a KEK of their own and an invitation for the first owner.
#pragma once

#include <string>

#include "appliance/auth/one_time_token.hpp"
#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/vault/seed_sealer.hpp"

namespace kaito::vault {

// An org as a template describes it.
struct NewOrg {
  std::string name;
  std::string owner_username;
  std::string owner_display_name{};          // empty: the user name
  std::optional<std::uint32_t> dek_lease{};  // as in OrgChange; absent: the appliance's
  std::vector<std::string> groups{};         // names, in the order in which they are made
};

struct CreatedOrg {
  store::Org org;
  store::Member owner;
  std::vector<store::Group> groups;
  Token invitation;  // for the owner; shown once
};

struct OrgChange {
  std::optional<std::string> name;
  std::optional<std::uint32_t> dek_lease;  // seconds, at most store::kMaxDekLease
};

// Thread-safe.
class Orgs {
 public:
  Orgs(store::Store& store, audit::Journal& journal, keys::OrgKeys& keys, SeedSealer& sealer, const Clock& clock,
       Random& random, Logger& log)
      : store_(store), journal_(journal), keys_(keys), sealer_(sealer), clock_(clock), random_(random), log_(log) {}

  // All of it or nothing. The KEK is durable in the keyring before the org's row commits; a crash between the two
  // leaves a blob without an org, which harms nobody (F4). Code::conflict when the name is taken, Code::invalid_request
  // when `groups` names one twice.
  Task<Result<auth::Recorded<CreatedOrg>>> create(const auth::Permit& permit, NewOrg wanted);
  // What create() would do at this moment, with the same errors, and nothing made. Gives `wanted` as it would be kept.
  Task<Result<auth::Recorded<NewOrg>>> check(const auth::Permit& permit, NewOrg wanted);
  Task<Result<auth::Recorded<store::Page<store::Org>>>> list(const auth::Permit& permit, store::PageRequest page);
  Task<Result<auth::Recorded<store::Org>>> get(const auth::Permit& permit);
  Task<Result<auth::Recorded<store::Org>>> change(const auth::Permit& permit, OrgChange wanted);
  // Removes the org and its KEK blobs; what else belongs to it is left to OrgPurge. `confirm_name` is the org's name as
  // typed.
  Task<Result<auth::Recorded<void>>> remove(const auth::Permit& permit, std::string confirm_name);

  // At start-up: removes keyring entries of orgs that were deleted. Their number. Entries that no org explains stay:
  // with a database that is older than the keyring, they are the keys of its lost rows.
  Result<std::size_t> drop_orphans(store::Keyring& keyring);

 private:
  // With ids, and nothing written.
  CreatedOrg rows_of(NewOrg wanted);

  store::Store& store_;
  audit::Journal& journal_;
  keys::OrgKeys& keys_;
  SeedSealer& sealer_;
  const Clock& clock_;
  Random& random_;
  Logger& log_;
};

}  // namespace kaito::vault
