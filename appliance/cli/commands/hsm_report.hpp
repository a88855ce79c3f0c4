// The examination of a token for people and for programs.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "hsm/protocol/token_report.hpp"

namespace kaito::cli {

boost::json::object to_json(const hsm::TokenReport& report);
std::string describe(const hsm::TokenReport& report);

}  // namespace kaito::cli
