// Byte sequences and their text forms. Nothing here is for secrets: those live in Secret<Tag>.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"

namespace kaito {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);

// RFC 4648 §5, without padding.
std::string to_base64url(ByteView bytes);
Result<Bytes> from_base64url(std::string_view text);

// RFC 4648 §4, with padding.
std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);

// Big-endian integers, as all of the product's formats store them.
void append_u8(Bytes& out, std::uint8_t value);
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
void append(Bytes& out, ByteView bytes);

// Reads a format front to back; every read is bounds-checked and a short input is an error, not a crash.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) noexcept : rest_(bytes) {}
  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16();
  Result<std::uint32_t> u32();
  Result<std::uint64_t> u64();
  Result<ByteView> take(std::size_t count);
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }
  // An error when bytes are left: formats have no trailing garbage.
  [[nodiscard]] Status finish() const;

 private:
  ByteView rest_;
};

}  // namespace kaito
