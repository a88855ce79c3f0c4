#include "appliance/base/random.hpp"

#include <sodium.h>

#include <cstring>

namespace kaito {

void SystemRandom::fill(std::span<std::uint8_t> out) noexcept { randombytes_buf(out.data(), out.size()); }

void PooledRandom::fill(std::span<std::uint8_t> out) noexcept {
  if (out.size() > buffer_.size()) return source_.fill(out);
  if (used_ + out.size() > buffer_.size()) {
    source_.fill(buffer_);
    used_ = 0;
  }
  std::memcpy(out.data(), buffer_.data() + used_, out.size());
  used_ += out.size();
}

}  // namespace kaito
