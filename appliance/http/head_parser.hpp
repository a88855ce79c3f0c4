// From the bytes of one head to its parts, through Beast's parser.
#pragma once

#include <optional>
#include <string_view>

#include "appliance/http/refusal.hpp"
#include "appliance/http/request_head.hpp"

namespace kaito::http {

// `bytes` is one complete head that a HeadScanner has passed. Fills the method, version, target and fields of `head`,
// which must be fresh; check_head() judges them. nullopt: parsed.
std::optional<Refusal> parse_head(std::string_view bytes, RequestHead& head) noexcept;

}  // namespace kaito::http
