#include "appliance/http/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>

namespace kaito::http {
namespace {

// The longest text form with an embedded IPv4 part.
constexpr std::size_t kMaxText = 45;
constexpr ByteArray<12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::v4(const ByteArray<4>& bytes) noexcept {
  IpAddress address;
  address.v4_ = true;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(const ByteArray<16>& bytes) noexcept {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin()))
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, kMaxText + 1> terminated{};
  if (text.size() <= kMaxText && text.find('\0') == std::string_view::npos) {
    std::copy(text.begin(), text.end(), terminated.begin());
    // inet_pton takes no leading zeros, no short forms and no zone.
    if (ByteArray<4> bytes{}; inet_pton(AF_INET, terminated.data(), bytes.data()) == 1) return v4(bytes);
    if (ByteArray<16> bytes{}; inet_pton(AF_INET6, terminated.data(), bytes.data()) == 1) return v6(bytes);
  }
  return fail_invalid("address", "is not an IPv4 or IPv6 address");
}

IpAddress IpAddress::from_socket(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    ByteArray<4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return v4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    ByteArray<16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return v6(bytes);
  }
  return {};
}

std::string IpAddress::str() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!v4_) return inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  char* at = text.data();  // inet_ntop goes through sprintf, and every record names a peer
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), bytes_[i]).ptr;
  }
  return {text.data(), at};
}

}  // namespace kaito::http

std::size_t std::hash<kaito::http::IpAddress>::operator()(const kaito::http::IpAddress& address) const noexcept {
  return std::hash<std::string_view>{}(kaito::as_text(address.bytes()));
}
