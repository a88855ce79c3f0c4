// 2FAuth's export: {"app": "2fauth_v…", "data": [{"otp_type": …, "service": …, "secret": …, …}]}.
#pragma once

#include <boost/json/object.hpp>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

bool is_two_fauth(const boost::json::object& root) noexcept;

// Errors: `content`.
Result<ParsedImport> read_two_fauth(const boost::json::object& root);

}  // namespace kaito::otp
