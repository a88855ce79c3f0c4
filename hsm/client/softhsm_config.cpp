#include "hsm/client/softhsm_config.hpp"

#include <fmt/format.h>

#include <array>

#include "appliance/base/file.hpp"

namespace kaito::hsm {

std::map<std::string, std::string> SoftHsmConfig::environment() const {
  return {{"SOFTHSM2_CONF", config_file.string()}};
}

Result<SoftHsmConfig> write_softhsm_config(const std::filesystem::path& directory) {
  const auto absolute = std::filesystem::absolute(directory);
  if (absolute.string().find('\n') != std::string::npos)
    return fail(Code::configuration, "a line break in the token directory's name");
  SoftHsmConfig config{.config_file = absolute / "softhsm2.conf", .token_directory = absolute / "tokens"};
  KAITO_CHECK(make_private_directory(absolute));
  KAITO_CHECK(make_private_directory(config.token_directory));
  const std::string text = fmt::format(
      "# Written by Kaito at every start.\n"
      "directories.tokendir = {}\n"
      "objectstore.backend = file\n"
      "log.level = ERROR\n"
      "slots.removable = false\n",
      config.token_directory.string());
  KAITO_CHECK(write_file_atomically(config.config_file, as_bytes(text)));
  return config;
}

Result<std::filesystem::path> find_softhsm_module() {
  // Debian's package installs the first on every architecture; the second is other distributions'.
  for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return std::filesystem::path(path);
  }
  return fail(Code::configuration, "libsofthsm2.so is not installed (Debian's package: libsofthsm2)");
}

}  // namespace kaito::hsm
