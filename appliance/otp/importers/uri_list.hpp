// Lists of otpauth:// and otpauth-migration:// URIs; the two may be mixed.
#pragma once

#include <boost/json/array.hpp>
#include <string_view>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

// One URI a line; blank lines and lines that start with # are skipped.
Result<ParsedImport> read_uri_lines(std::string_view text, Format format);

// Each element a string.
Result<ParsedImport> read_uri_array(const boost::json::array& array, Format format);

}  // namespace kaito::otp
