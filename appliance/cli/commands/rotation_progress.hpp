// A rotation's progress at a terminal.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "appliance/cli/context.hpp"

namespace kaito::cli {

// "platform 1 -> 2  rewrap  [############........]  6000/10000  4200/s  1 s left". Without what is not known.
std::string progress_line(const boost::json::object& rotation);

// Shows it until the rotation at `path` no longer runs, and then how it ended. Code::conflict unless it ended well.
Status follow_rotation(Context& context, const std::string& path);

}  // namespace kaito::cli
