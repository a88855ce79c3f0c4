// kaito-boot factory-reset: prepare, sign, execute.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/cli/terminal/terminal.hpp"
#include "provisioning/places.hpp"

namespace kaito::boot {

// What the commands work with.
struct Tools {
  const provisioning::Places& places;
  const Clock& clock;
  Random& random;
  cli::Terminal& terminal;

  void say(std::string_view line) const { terminal.print(fmt::format("{}\n", line)); }
};

// Adds the commands; parsing sets `chosen` to what the one that was named does. What `tools` names outlives it.
void add_factory_reset(CLI::App& app, std::function<Status()>& chosen, const Tools& tools);

}  // namespace kaito::boot
