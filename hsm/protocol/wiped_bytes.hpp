// A byte buffer for frames that may carry DEKs: whatever memory it gives back has been wiped.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "appliance/base/secret.hpp"

namespace kaito::hsm {

template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    wipe({memory, count});
    std::allocator<T>{}.deallocate(memory, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

// clear() and erase() leave bytes behind until the memory is given back; wipe them first where that may take long.
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

}  // namespace kaito::hsm
