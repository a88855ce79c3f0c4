// From a row to its DEK and its secret. Every open goes through the HSM, or through a DEK that it has unwrapped within
// the lease; secrets are never kept.
#pragma once

#include <atomic>
#include <vector>

#include "appliance/envelope/sealed_seed.hpp"
#include "appliance/keys/org_keys.hpp"

namespace kaito::vault {

struct OpenSeed {
  Dek dek;
  Seed secret;
};

// Thread-safe.
class SeedOpener {
 public:
  explicit SeedOpener(keys::OrgKeys& keys) : keys_(keys) {}

  // The DEK, once the row's MAC has been found right. Code::integrity when the row was altered.
  Task<Result<Dek>> open_dek(const store::Seed& row);
  // Both. `row` outlives the task. `mac_is_right`: whether the MAC of this very row, as it lies in memory, has been
  // found right already, so that it need not be checked again; set when it has been. Null: it is checked.
  Task<Result<OpenSeed>> open(const store::Seed& row, Seconds lease = Seconds(0),
                              std::atomic<bool>* mac_is_right = nullptr);
  // The same for many rows of one org, in as few HSM frames as there are KEK versions. In order.
  Task<Result<std::vector<Result<OpenSeed>>>> open_all(OrgId org, const std::vector<store::Seed>& rows,
                                                       Seconds lease = Seconds(0));

 private:
  keys::OrgKeys& keys_;
};

}  // namespace kaito::vault
