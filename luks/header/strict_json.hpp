// JSON that every parser reads alike: RFC 8259 to the letter, no member twice, nothing after the value.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::luks {

// An object of at most `limit` bytes and a depth of at most 8. Code::integrity otherwise. libcryptsetup's own parser
// takes comments, single quotes and repeated members; what is refused here never reaches it.
Result<boost::json::object> parse_strict_json(std::string_view text, std::size_t limit);

}  // namespace kaito::luks
