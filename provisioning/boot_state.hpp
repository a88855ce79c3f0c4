// In which state a machine is, from what lies on its unencrypted root and what is mounted. Needs no secret.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "appliance/base/time.hpp"
#include "provisioning/places.hpp"
#include "provisioning/volume_record.hpp"

namespace kaito::provisioning {

enum class BootState : std::uint8_t {
  unprovisioned,  // no ceremony has ended, or the machine was decommissioned
  locked,         // the volume is closed
  operational,    // the volume is mounted, kaitod may serve
  maintenance,    // the volume is mounted, kaitod is kept from serving
  failed,         // what is found contradicts itself; `detail` says what
};
std::string_view to_string(BootState state) noexcept;

struct BootReport {
  BootState state = BootState::unprovisioned;
  std::string detail;  // for people
  bool begun = false;  // a ceremony has begun and not ended
  bool decommissioned = false;
  std::optional<VolumeRecord> volume;  // when one was made
  std::vector<std::string> ways;       // to unlock it, as its header has them; empty when the device is not there
};

BootReport report_state(const Places& places, const Clock& clock);
boost::json::object to_json(const BootReport& report);
std::string describe(const BootReport& report);

}  // namespace kaito::provisioning
