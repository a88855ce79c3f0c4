// What went wrong, in words for the terminal, and the exit code that says it to scripts.
#pragma once

#include <string>

#include "appliance/base/error.hpp"

namespace kaito::cli {

// Exit code when the command did its work, but not for every entry (an import with refused entries). Errors exit with
// their row of the table in base/error.cpp.
inline constexpr int kPartlyDone = 1;

// One line without a newline, escaped: what the appliance replied (title, field, reason), or what went wrong here.
std::string explain(const Error& error);

}  // namespace kaito::cli
