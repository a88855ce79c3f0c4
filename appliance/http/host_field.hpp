// The Host field (RFC 9110 §7.2): uri-host [ ":" port ].
#pragma once

#include <optional>
#include <string_view>

namespace kaito::http {

// The host without its port, as written (an IPv6 address without its brackets); nullopt when the value is malformed.
// A registered name has letters, digits, '-', '_' and '.' only, at most 253 of them.
std::optional<std::string_view> host_of(std::string_view value) noexcept;

}  // namespace kaito::http
