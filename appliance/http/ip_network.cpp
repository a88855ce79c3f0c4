#include "appliance/http/ip_network.hpp"

#include <charconv>

namespace kaito::http {
namespace {

// The bits of byte `index` that a prefix of `prefix` bits covers.
std::uint8_t mask(std::size_t index, unsigned prefix) noexcept {
  const auto before = static_cast<unsigned>(index * 8);
  if (prefix >= before + 8) return 0xff;
  if (prefix <= before) return 0;
  return static_cast<std::uint8_t>(0xff00U >> (prefix - before));
}

}  // namespace

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return fail_invalid("network", "is not an address or a range in CIDR notation");
  const auto bits = static_cast<unsigned>(base->bytes().size() * 8);
  unsigned prefix = bits;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix > bits || leading_zero)
      return fail_invalid("network", fmt::format("has a prefix length that is not 0 to {}", bits));
  }
  for (std::size_t i = 0; i < base->bytes().size(); ++i)
    if (base->bytes()[i] & static_cast<std::uint8_t>(~mask(i, prefix)))
      return fail_invalid("network", "has address bits after its prefix");
  return IpNetwork(*base, prefix);
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != base_.is_v4()) return false;
  for (std::size_t i = 0; i < base_.bytes().size(); ++i)
    if ((address.bytes()[i] & mask(i, prefix_)) != base_.bytes()[i]) return false;
  return true;
}

std::string IpNetwork::str() const { return fmt::format("{}/{}", base_.str(), prefix_); }

}  // namespace kaito::http
