#include <cstdlib>

#include "appliance/cli/command_line.hpp"
#include "appliance/cli/problem.hpp"

int main(int argc, char** argv) {
  using namespace kaito;  // NOLINT(google-build-using-namespace): main's own file
  cli::SystemTerminal terminal;
  if (const auto ready = init_secret_memory(); !ready) {
    terminal.note("kaito: " + cli::explain(ready.error()));
    return traits(ready.error().code).exit_code;
  }
  cli::World world{.terminal = terminal,
                   .environment =
                       [](const char* name) {
                         const char* value = std::getenv(name);
                         return std::string(value == nullptr ? "" : value);
                       },
                   .open_key =
                       [](const std::string& path) {
                         return path.empty() ? fido_client::FidoDevice::open_only()
                                             : fido_client::FidoDevice::open(path);
                       }};
  return cli::run_kaito(std::vector<std::string>(argv + 1, argv + argc), world);
}
