// volume.json: which volume this machine unlocks at boot, and how. Written when the volume has a file system; its
// presence is what kaito-boot.service asks for.
#pragma once

#include <filesystem>
#include <string>

#include "provisioning/plan.hpp"

namespace kaito::provisioning {

struct VolumeRecord {
  std::string uuid;  // of the LUKS2 header
  std::filesystem::path device;
  UnlockMode mode = UnlockMode::unattended;
  HsmPlan hsm;  // that unlocks, when one does

  // By UUID where udev knows it; disks change their names.
  [[nodiscard]] std::filesystem::path present_device() const;
};

// Code::not_found when there is none, Code::integrity when it is malformed.
Result<VolumeRecord> read_volume_record(const std::filesystem::path& file);
Status write_volume_record(const std::filesystem::path& file, const VolumeRecord& record);

}  // namespace kaito::provisioning
