// JSON from outside, read strictly: RFC 8259 and nothing else, valid UTF-8, no duplicate member, bounded depth and
// size.
#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "appliance/base/result.hpp"

namespace kaito::api {

inline constexpr std::size_t kMaxJsonDepth = 16;
inline constexpr std::size_t kMaxJsonValues = 200'000;  // values and keys in one document

// The tree lives in `storage`: a resource that wipes what it gives back, since the text may carry secrets.
// Code::invalid_request with field "body", or the name of the member that stands twice.
Result<boost::json::value> parse_strict_json(std::string_view text, boost::json::storage_ptr storage);

}  // namespace kaito::api
