// Aegis Authenticator's vault file, plain or encrypted: https://github.com/beemdevelopment/Aegis, docs/vault.md.
#pragma once

#include <boost/json/object.hpp>

#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

bool is_aegis(const boost::json::object& root) noexcept;

// `password` may be nullptr for a plain vault. Errors: `password` (needed, or opens no slot), `content`.
Result<ParsedImport> read_aegis(const boost::json::object& root, const Passphrase* password);

}  // namespace kaito::otp
