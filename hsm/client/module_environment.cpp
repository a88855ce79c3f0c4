#include "hsm/client/module_environment.hpp"

#include <fmt/format.h>

namespace kaito::hsm {

Result<std::map<std::string, std::string>> parse_environment(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> environment;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(Code::configuration, fmt::format("module environment: {} is not NAME=VALUE", setting));
    const std::string name = setting.substr(0, equals);
    if (name.starts_with("LD_"))
      return fail(Code::configuration, fmt::format("module environment: {} is not allowed", name));
    if (!environment.emplace(name, setting.substr(equals + 1)).second)
      return fail(Code::configuration, fmt::format("module environment: {} stands there twice", name));
  }
  return environment;
}

}  // namespace kaito::hsm
