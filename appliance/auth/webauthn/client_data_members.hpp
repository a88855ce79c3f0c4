// The members of a JSON object, one level deep, with what an ordinary parser hides: which were given twice.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "appliance/base/bytes.hpp"
#include "appliance/base/result.hpp"

namespace kaito::webauthn {

struct OtherJson {};  // a number, null, array or object: nothing that WebAuthn's client data needs
using MemberValue = std::variant<OtherJson, std::string, bool>;
using Members = std::map<std::string, MemberValue, std::less<>>;

// `json`: UTF-8 without a byte order mark, one object, nothing after it. Refused at any level: duplicate member names,
// invalid UTF-8, nesting over 16. Errors: Code::invalid_request.
Result<Members> parse_members(ByteView json);

}  // namespace kaito::webauthn
