// What a PKCS#11 module finds in its environment: many take their configuration from there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::hsm {

// Each "NAME=VALUE". Code::configuration: no name, one twice, or one that would load code into the worker (LD_…).
Result<std::map<std::string, std::string>> parse_environment(const std::vector<std::string>& settings);

}  // namespace kaito::hsm
