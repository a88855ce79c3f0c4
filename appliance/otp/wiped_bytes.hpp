// Memory for text that carries secrets but is too large or too short-lived for locked memory: every block is wiped
// before it goes back to the heap, also when a container grows or an exception passes.
#pragma once

#include <boost/json/memory_resource.hpp>
#include <cstdint>
#include <new>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/invariant.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::otp {

template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  explicit(false) WipingAllocator(const WipingAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    wipe(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(memory), count * sizeof(T)));
    std::allocator<T>{}.deallocate(memory, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};

// Not a string: a short string would sit in its object and escape the allocator.
using WipedBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

inline std::string_view as_text(const WipedBytes& bytes) noexcept { return kaito::as_text(ByteView(bytes)); }

// For Boost.JSON trees and parsers that hold secrets. Alignments are not passed on: Boost.JSON 1.81 gives keys back
// with another one than it asked for, and never needs more than operator new gives.
class WipingMemoryResource final : public boost::json::memory_resource {
 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    KAITO_INVARIANT(alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    return ::operator new(size);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t /*alignment*/) override {
    wipe(std::span<std::uint8_t>(static_cast<std::uint8_t*>(memory), size));
    ::operator delete(memory, size);
  }
  [[nodiscard]] bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace kaito::otp
