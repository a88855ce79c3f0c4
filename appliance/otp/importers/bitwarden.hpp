// Bitwarden's (and Bitwarden Authenticator's) JSON export: plain, or encrypted with a password of its own.
#pragma once

#include <boost/json/object.hpp>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

bool is_bitwarden(const boost::json::object& root) noexcept;

// Only logins with a TOTP secret are entries; how many other items there were is noted. `password` may be nullptr for a
// plain export. Errors: `password` (needed, or wrong), `content` (also: an export that only the exporting account
// opens).
Result<ParsedImport> read_bitwarden(const boost::json::object& root, const Passphrase* password);

}  // namespace kaito::otp
