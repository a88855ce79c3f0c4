// Rotations that nobody has to ask for: keys that are old or much used, and deletions that are to be made final.
#pragma once

#include "appliance/base/random.hpp"
#include "appliance/keys/rotation_start.hpp"
#include "appliance/keys/rotation_work.hpp"

namespace kaito::keys {

struct SchedulePolicy {
  std::chrono::days max_age{365};                          // of the newest version of any key; 0: never by age
  std::uint64_t max_invocations = std::uint64_t{1} << 31;  // of an org KEK, as the keyring counts
  Seconds shred_delay{3600};                               // between the first deletion and the rotation it causes
  bool destroy_old = false;                                // after scheduled rotations
};

// Used by one thread.
class RotationSchedule {
 public:
  RotationSchedule(const RotationParts& parts, Random& random, const SchedulePolicy& policy)
      : parts_(parts), random_(random), policy_(policy) {}

  // Starts what is due; says whether something was.
  Task<Result<bool>> start_due();

 private:
  Result<std::vector<RotationRequest>> due();
  Status add_due_hsm_keys(store::Reader& reader, std::vector<RotationRequest>& due);
  Status add_due_orgs(store::Reader& reader, std::vector<RotationRequest>& due);
  [[nodiscard]] TimePoint oldest_allowed() const;

  const RotationParts parts_;
  Random& random_;
  const SchedulePolicy policy_;
};

}  // namespace kaito::keys
