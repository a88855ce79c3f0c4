// The protocol's primitive values: big-endian integers and byte strings with a 16-bit length.
#pragma once

#include <string_view>

#include "appliance/base/bytes.hpp"
#include "hsm/protocol/wiped_bytes.hpp"

namespace kaito::hsm {

class WireWriter {
 public:
  explicit WireWriter(WipedBytes& out) noexcept : out_(out) {}
  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::size_t value);  // must fit; so for u32
  void u32(std::size_t value);
  void u64(std::uint64_t value);
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  // At most 65,535 bytes: the callers check their own, smaller limits.
  void string(ByteView bytes);
  void string(std::string_view text) { string(as_bytes(text)); }

 private:
  WipedBytes& out_;
};

// A byte string of at most `limit` bytes; a view into the reader's input.
Result<ByteView> read_string(ByteReader& reader, std::size_t limit);
Result<std::string> read_text(ByteReader& reader, std::size_t limit);

// Exactly N bytes.
template <std::size_t N>
Result<ByteArray<N>> read_array(ByteReader& reader) {
  KAITO_TRY(const ByteView bytes, reader.take(N));
  ByteArray<N> array{};
  std::ranges::copy(bytes, array.begin());
  return array;
}

}  // namespace kaito::hsm
