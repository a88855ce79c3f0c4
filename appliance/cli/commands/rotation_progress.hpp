// A rotation's progress as one line for a terminal.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace kaito::cli {

// "platform 1 -> 2  rewrap  [############........]  6000/10000  4200/s  1 s left". Without what is not known.
std::string progress_line(const boost::json::object& rotation);

}  // namespace kaito::cli
