// Groups as people name them.
#pragma once

#include <boost/json/array.hpp>

#include "appliance/cli/context.hpp"

namespace kaito::cli {

// The ids of groups that are given by name or id, in the same order. Code::not_found names the first unknown one.
Result<boost::json::array> group_ids(Context& context, const std::vector<std::string>& names);

}  // namespace kaito::cli
