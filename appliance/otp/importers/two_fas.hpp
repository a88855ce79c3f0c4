// 2FAS Authenticator's backup (.2fas, .json), schema versions 1 to 4, plain or encrypted.
#pragma once

#include <boost/json/object.hpp>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

bool is_two_fas(const boost::json::object& root) noexcept;

// `password` may be nullptr for a plain backup. Errors: `password` (needed, or wrong), `content`.
Result<ParsedImport> read_two_fas(const boost::json::object& root, const Passphrase* password);

}  // namespace kaito::otp
