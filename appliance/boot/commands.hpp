// kaito-boot's command line.
#pragma once

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/cli/terminal/terminal.hpp"
#include "provisioning/places.hpp"

namespace kaito::boot {

// Runs the command that the words name; gives the exit code of an error's row in base/error.cpp.
int run_command(int argc, const char* const* argv, provisioning::Places places, const Clock& clock, Random& random,
                cli::Terminal& terminal);

}  // namespace kaito::boot
