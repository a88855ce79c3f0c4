// What a ceremony is to do: the declarative file (docs/formats/ceremony-file.md), or what a person answered. No secret.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::provisioning {

class PlanFields;

struct HsmPlan {
  std::string token_uri;  // empty: the embedded SoftHSM token
  std::filesystem::path module;
  std::string module_arguments;
  std::vector<std::string> module_environment;
  bool unlock = false;  // a way to unlock through this HSM

  [[nodiscard]] bool embedded() const noexcept { return token_uri.empty(); }
};

// Where recovery shares go, exactly one of the three.
struct RecoveryPlan {
  unsigned threshold = 2;
  unsigned shares = 3;
  std::filesystem::path directory;  // one file a share; on removable media
  std::optional<int> descriptor;    // one line a share
  bool terminal = false;            // one after the other, on the terminal
};

enum class TpmUse : std::uint8_t { if_present, required, none };

// Officers whose security keys unlock, any `threshold` of them; each has one key or two.
struct OfficersPlan {
  struct Officer {
    std::string name;
    std::vector<std::string> keys;  // devices; empty: asked for at the terminal, two of them
  };
  unsigned threshold = 0;
  bool pin = true;  // the keys' PINs are asked for at the terminal
  std::vector<Officer> officers;
};

enum class UnlockMode : std::uint8_t { unattended, attended };

struct Plan {
  std::vector<std::string> host_names;
  HsmPlan hsm;
  std::filesystem::path device;
  std::string erase_serial;  // of a disk that holds something already, or its path when it has none
  bool integrity = false;
  RecoveryPlan recovery;
  TpmUse tpm = TpmUse::if_present;
  std::vector<unsigned> pcrs{7};
  std::optional<OfficersPlan> officers;
  UnlockMode mode = UnlockMode::unattended;
  std::string csr_subject;               // "/O=…/CN=…"; empty: the appliance's own CA signs
  std::vector<std::string> nts_servers;  // empty: chrony is left as it is
};

inline constexpr std::size_t kMaxPlan = 65536;  // bytes of a file

// Code::configuration names the member and what is wrong with it, also for one that is unknown.
Result<Plan> parse_plan(std::string_view text);
// What parse_plan reads.
boost::json::object to_json(const Plan& plan);
Result<HsmPlan> parse_hsm_plan(const PlanFields& fields);
boost::json::object to_json(const HsmPlan& hsm);
// What must hold of every plan, however it was made.
Status check(const Plan& plan);

std::string_view to_string(UnlockMode mode) noexcept;
Result<UnlockMode> unlock_mode(std::string_view text);

}  // namespace kaito::provisioning
