#include "appliance/http/host_field.hpp"

#include "appliance/http/ascii.hpp"
#include "appliance/http/ip_address.hpp"

namespace kaito::http {
namespace {

bool is_port(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return false;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port > 0 && port <= 65'535;
}

bool is_name(std::string_view text) noexcept {
  constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4, without the root's dot
  if (text.empty() || text.size() > kMaxName || text.front() == '.') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

}  // namespace

std::optional<std::string_view> host_of(std::string_view value) noexcept {
  if (value.starts_with('[')) {
    const std::size_t end = value.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view host = value.substr(1, end - 1);
    const std::string_view rest = value.substr(end + 1);
    if (host.find(':') == std::string_view::npos || !IpAddress::parse(host)) return std::nullopt;
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return std::nullopt;
    return host;
  }
  const std::size_t colon = value.find(':');
  const std::string_view host = value.substr(0, colon);
  if (!is_name(host)) return std::nullopt;
  if (colon != std::string_view::npos && !is_port(value.substr(colon + 1))) return std::nullopt;
  return host;
}

}  // namespace kaito::http
