// What the steps of one run of a ceremony share: the plan, the machine, and the volume's key while it is in memory.
#pragma once

#include <optional>

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/cli/terminal/terminal.hpp"
#include "luks/volume.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/places.hpp"
#include "provisioning/plan.hpp"
#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

// One thread. References outlive it.
class Session {
 public:
  Session(const Plan& plan, const Places& places, const Clock& clock, Random& random, cli::Terminal& terminal)
      : plan(plan), places(places), clock(clock), random(random), terminal(terminal) {}

  const Plan& plan;
  const Places& places;
  const Clock& clock;
  Random& random;
  cli::Terminal& terminal;
  // Of the recovery key's keyslot; tests take less.
  luks::KdfCost recovery_cost = luks::KdfCost::for_this_machine();
  // An earlier run may have formatted the disk, wholly or in part.
  bool volume_begun = false;
  // What the disk's step found, in this run or an earlier one: the volume's step formats no other.
  Facts disk;

  // The volume that this run has formatted.
  void hold(luks::Volume::Formatted formatted);
  // Loaded from the disk when it is not held yet.
  Result<luks::Volume*> volume();
  // The volume's key: held, or by the TPM, or from recovery shares that lie where the plan puts them. None when nothing
  // gives it: then the volume has to be made anew, which loses nothing before the ceremony's end.
  Result<const luks::VolumeKey*> key();
  // Mounted at its place, or can it be now? The volume has a file system.
  Status mount();
  // Lets go of volume and key.
  void forget();

 private:
  std::optional<luks::Volume> volume_;
  luks::VolumeKey key_;
};

// File names of the shares in the plan's directory.
std::filesystem::path share_file(const RecoveryPlan& recovery, unsigned number);
// The share in such a file; lines that begin with '#' are for people.
Result<luks::RecoveryShare> read_share_file(const std::filesystem::path& file);

}  // namespace kaito::provisioning
