// A range of addresses in CIDR notation, for allow-lists and trusted proxies.
#pragma once

#include <string>
#include <string_view>

#include "appliance/http/ip_address.hpp"

namespace kaito::http {

class IpNetwork {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or a single address. Bits after the prefix must be zero: 10.0.0.1/8 is a mistake
  // that would allow far more than its author meant. Code::invalid_request.
  static Result<IpNetwork> parse(std::string_view text);

  // False for an address of the other family.
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  // With the prefix length, also for a single address.
  [[nodiscard]] std::string str() const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpNetwork(const IpAddress& base, unsigned prefix) noexcept : base_(base), prefix_(prefix) {}
  IpAddress base_;
  unsigned prefix_;  // 0 to 32 or 128
};

}  // namespace kaito::http
