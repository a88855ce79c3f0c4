// An IPv4 or IPv6 address as a value.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "appliance/base/bytes.hpp"

struct sockaddr;

namespace kaito::http {

// An IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 §2.5.5.2) becomes the IPv4 address at every entrance, so that
// one peer has one value however its socket was opened. Thread-safe: immutable.
class IpAddress {
 public:
  IpAddress() = default;  // ::, no peer

  // Dotted decimal or RFC 4291 §2.2 text. No zone, no brackets, no port, no leading zeros. Code::invalid_request.
  static Result<IpAddress> parse(std::string_view text);
  // AF_INET or AF_INET6; anything else gives the default address.
  static IpAddress from_socket(const sockaddr& address) noexcept;
  static IpAddress v4(const ByteArray<4>& bytes) noexcept;
  static IpAddress v6(const ByteArray<16>& bytes) noexcept;

  [[nodiscard]] bool is_v4() const noexcept { return v4_; }
  // 4 or 16 bytes in network order.
  [[nodiscard]] ByteView bytes() const noexcept { return {bytes_.data(), v4_ ? std::size_t{4} : std::size_t{16}}; }
  // RFC 5952 for IPv6.
  [[nodiscard]] std::string str() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  ByteArray<16> bytes_{};  // an IPv4 address uses the first four, the rest stay zero
  bool v4_ = false;
};

}  // namespace kaito::http

template <>
struct std::hash<kaito::http::IpAddress> {
  std::size_t operator()(const kaito::http::IpAddress& address) const noexcept;
};
