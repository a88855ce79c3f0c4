#include "appliance/http/client_address.hpp"

namespace kaito::http {
namespace {

bool is_trusted(const IpAddress& address, std::span<const IpNetwork> trusted) noexcept {
  return std::any_of(trusted.begin(), trusted.end(), [&](const IpNetwork& range) { return range.contains(address); });
}

// Takes the last entry off a comma-separated list.
std::string_view pop_last(std::string_view& list) noexcept {
  const std::size_t comma = list.rfind(',');
  std::string_view entry = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  while (!entry.empty() && (entry.front() == ' ' || entry.front() == '\t')) entry.remove_prefix(1);
  while (!entry.empty() && (entry.back() == ' ' || entry.back() == '\t')) entry.remove_suffix(1);
  return entry;
}

}  // namespace

IpAddress client_address(const RequestHead& head, std::span<const IpNetwork> trusted) noexcept {
  IpAddress client = head.socket_peer;
  if (trusted.empty() || !is_trusted(client, trusted)) return client;
  const auto fields = head.fields();
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (field->known != HeaderName::x_forwarded_for) continue;
    std::string_view list = field->value;
    while (!list.empty()) {
      const auto hop = IpAddress::parse(pop_last(list));
      if (!hop) return client;
      client = *hop;
      if (!is_trusted(client, trusted)) return client;
    }
  }
  return client;
}

}  // namespace kaito::http
