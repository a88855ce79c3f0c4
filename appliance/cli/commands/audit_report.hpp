// The result of an offline verification, for people and as JSON.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "appliance/audit/verify.hpp"

namespace kaito::cli {

// Several lines. Says what was not checked as plainly as what was.
std::string describe(const audit::VerifyReport& report);
boost::json::object to_json(const audit::VerifyReport& report);

// "entry 17 (line 20): changed: …".
std::string describe(const audit::Failure& failure);

}  // namespace kaito::cli
