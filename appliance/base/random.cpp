#include "appliance/base/random.hpp"

#include <sodium.h>

namespace kaito {

void SystemRandom::fill(std::span<std::uint8_t> out) noexcept { randombytes_buf(out.data(), out.size()); }

}  // namespace kaito
