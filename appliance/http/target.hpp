// The rules for a request's target (RFC 9112 §3.2, RFC 3986). Nothing is normalised: two spellings of one path would be
// two chances to slip past a rule that looks at paths.
#pragma once

#include <expected>
#include <string_view>

#include "appliance/http/refusal.hpp"

namespace kaito::http {

struct Target {
  std::string_view path;
  std::string_view query;  // without '?'; empty when there is none
};

// Accepts origin-form only: '/' first, no fragment, no characters outside RFC 3986's. Refused in the path: "." and ".."
// segments, empty segments (one at the end is allowed), and percent-encodings that are wrong or encode an unreserved
// character, a control character, '/', '\' or '%'. Refused in the query: wrong percent-encodings, control characters.
// 414 over kMaxTarget, else 400. Views into `text`.
std::expected<Target, Refusal> split_target(std::string_view text) noexcept;

}  // namespace kaito::http
