// Staff as people name them.
#pragma once

#include <string>

#include "appliance/cli/context.hpp"

namespace kaito::cli {

// Code::not_found when there is none of that name or id.
Result<std::string> staff_id(Context& context, const std::string& name_or_id);

}  // namespace kaito::cli
