// Shamir's secret sharing over GF(256), the field of FIPS 197 section 4, byte by byte: any `threshold` of `count`
// shares give the secret back, and fewer say nothing about it. Multiplication takes the same time whatever the operands
// are.
#pragma once

#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::luks {

using ShareBytes = Secret<struct ShareBytesTag>;
using SharedSecret = Secret<struct SharedSecretTag>;

struct Share {
  std::uint8_t x = 0;  // 1 to 255, another for each share
  ShareBytes y;        // as long as the secret
};

// Shares x = 1 to `count`. Code::invalid_request unless 2 <= threshold <= count <= 255 and the secret is not empty.
Result<std::vector<Share>> split_secret(ByteView secret, unsigned threshold, unsigned count, Random& random);

// From exactly as many shares as the threshold was. With wrong or too few shares the result is another secret: whoever
// needs to know puts a check into the secret. Code::invalid_request when the shares differ in size, x comes twice or is
// 0, or there are none.
Result<SharedSecret> combine_shares(const std::vector<Share>& shares);

namespace gf256 {
std::uint8_t multiply(std::uint8_t a, std::uint8_t b) noexcept;
std::uint8_t inverse(std::uint8_t a) noexcept;  // 0 for 0
}  // namespace gf256

}  // namespace kaito::luks
