// Opens the volume of a provisioned machine and mounts it.
#pragma once

#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/cli/terminal/terminal.hpp"
#include "provisioning/opened_way.hpp"
#include "provisioning/places.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {

struct UnlockRequest {
  bool people = false;       // ask at the terminal when nothing else opens it
  bool only_people = false;  // without the TPM and the HSM
  bool maintenance = false;  // keep kaitod from serving
  std::vector<std::filesystem::path> share_files{};
  std::vector<std::string> keys{};  // security keys of officers, by device
  Milliseconds wait{30'000};        // for the disk to appear
};

// By security keys or share files that are named, else the TPM, else the HSM, else what people type. Gives the way's
// name; "open already" when it is mounted. The error names each way that was tried. Code::integrity when the header is
// refused or the disk holds another volume.
Result<std::string> unlock(const Places& places, const UnlockRequest& request, const Clock& clock,
                           cli::Terminal& terminal);

// The passphrase by whatever way opens it, proven; for who changes ways or destroys the volume. `only_people` as above.
Result<OpenedWay> any_way(const luks::Volume& volume, const VolumeRecord& record, const Places& places,
                          const UnlockRequest& request, const Clock& clock, cli::Terminal& terminal);

// The volume that the record names, once its disk is there.
Result<luks::Volume> load_volume(const VolumeRecord& record, Milliseconds wait);

}  // namespace kaito::provisioning
