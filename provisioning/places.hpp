// Where things lie on a machine that is provisioned. Tests name other places.
#pragma once

#include <filesystem>
#include <string>

namespace kaito::provisioning {

struct Places {
  std::filesystem::path boot = "/var/lib/kaito-boot";  // on the unencrypted root, 0700; holds no secret
  std::filesystem::path data = "/var/lib/kaito";       // where the volume is mounted: kaitod's data directory
  std::filesystem::path service_config = "/etc/kaito/kaitod.conf";
  std::filesystem::path chrony_config = "/etc/chrony/conf.d/kaito.conf";
  std::filesystem::path maintenance = "/run/kaito-boot/maintenance";  // while it is there, kaitod does not start
  std::filesystem::path kaitod = "/usr/sbin/kaitod";
  std::filesystem::path hsm_worker{};  // empty: found by hsm::find_worker
  std::string service_user = "kaito";
  std::string mapping = "kaito";  // below /dev/mapper
  std::string tcti = "device:/dev/tpmrm0";

  [[nodiscard]] std::filesystem::path plan() const { return boot / "ceremony.json"; }
  [[nodiscard]] std::filesystem::path transcript() const { return boot / "transcript.jsonl"; }
  [[nodiscard]] std::filesystem::path volume() const { return boot / "volume.json"; }
  [[nodiscard]] std::filesystem::path mapped() const { return "/dev/mapper/" + mapping; }
  [[nodiscard]] std::filesystem::path setup_token() const { return data / "setup-token"; }
};

}  // namespace kaito::provisioning
