#include "luks/secret_sharing.hpp"

#include <set>

namespace kaito::luks {

namespace gf256 {

// Shift and add, reduced by x^8 + x^4 + x^3 + x + 1. Masks instead of branches and no tables.
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) noexcept {
  unsigned product = 0;
  unsigned shifted = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    product ^= shifted & (0U - ((static_cast<unsigned>(b) >> bit) & 1U));
    shifted = (shifted << 1U) ^ (0x11bU & (0U - ((shifted >> 7U) & 1U)));
  }
  return static_cast<std::uint8_t>(product);
}

// a^254.
std::uint8_t inverse(std::uint8_t a) noexcept {
  std::uint8_t power = a;
  for (int i = 0; i < 6; ++i) power = multiply(multiply(power, power), a);  // a^(2^7 - 1)
  return multiply(power, power);
}

}  // namespace gf256

Result<std::vector<Share>> split_secret(ByteView secret, unsigned threshold, unsigned count, Random& random) {
  if (threshold < 2 || threshold > count || count > 255)
    return fail_invalid("threshold", "must be at least 2 and at most the number of shares, which is at most 255");
  if (secret.empty()) return fail_invalid("secret", "is empty");
  // Of each byte's polynomial: its coefficients but the constant one, which is the byte of the secret.
  const auto coefficients = ShareBytes::random(secret.size() * (threshold - 1), random);
  const ByteView coefficient = coefficients.expose_secret();
  std::vector<Share> shares;
  shares.reserve(count);
  for (unsigned x = 1; x <= count; ++x) {
    Share share{.x = static_cast<std::uint8_t>(x), .y = ShareBytes(secret.size())};
    for (std::size_t at = 0; at < secret.size(); ++at) {
      std::uint8_t value = 0;  // Horner's rule, highest coefficient first
      for (unsigned k = threshold - 1; k-- > 0;)
        value = gf256::multiply(value ^ coefficient[at * (threshold - 1) + k], share.x);
      share.y.expose_secret()[at] = value ^ secret[at];
    }
    shares.push_back(std::move(share));
  }
  return shares;
}

Result<SharedSecret> combine_shares(const std::vector<Share>& shares) {
  if (shares.empty()) return fail_invalid("shares", "are none");
  const std::size_t size = shares.front().y.size();
  std::set<std::uint8_t> seen;
  for (const Share& share : shares) {
    if (share.x == 0 || !seen.insert(share.x).second) return fail_invalid("shares", "hold one twice");
    if (share.y.size() != size || size == 0) return fail_invalid("shares", "are not of one size");
  }
  // Lagrange's interpolation at 0; subtraction is addition in this field. The x are no secret.
  SharedSecret secret(size);
  for (const Share& share : shares) {
    std::uint8_t weight = 1;
    for (const Share& other : shares)
      if (other.x != share.x)
        weight = gf256::multiply(weight, gf256::multiply(other.x, gf256::inverse(other.x ^ share.x)));
    for (std::size_t at = 0; at < size; ++at)
      secret.expose_secret()[at] ^= gf256::multiply(weight, share.y.expose_secret()[at]);
  }
  return secret;
}

}  // namespace kaito::luks
