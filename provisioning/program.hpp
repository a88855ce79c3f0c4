// Runs a system program to its end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito::provisioning {

struct ProgramEnd {
  int status = 0;      // as the shell has it: 128 and the signal when it was killed
  std::string output;  // its stdout, at most 1 MiB
};

// `words`: the program, found in the system's own directories unless it has a slash, and its arguments. No shell, no
// environment but PATH and LANG=C; a session of its own, without a terminal; stderr is ours. `input` is its stdin.
// Blocks. Code::not_found: there is no such program.
Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input = {});

// The output of one that must end with 0; Code::storage_failed otherwise, with what it was and its status.
Result<std::string> must_run(const std::vector<std::string>& words, std::string_view input = {});

}  // namespace kaito::provisioning
