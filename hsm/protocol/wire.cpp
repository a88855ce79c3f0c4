#include "hsm/protocol/wire.hpp"

#include <fmt/format.h>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {

void WireWriter::u16(std::size_t value) {
  KAITO_INVARIANT(value <= 0xffff);
  u8(static_cast<std::uint8_t>(value >> 8));
  u8(static_cast<std::uint8_t>(value));
}

void WireWriter::u32(std::size_t value) {
  KAITO_INVARIANT(value <= 0xffffffff);
  u16((value >> 16) & 0xffff);
  u16(value & 0xffff);
}

void WireWriter::u64(std::uint64_t value) {
  u32(value >> 32);
  u32(value & 0xffffffff);
}

void WireWriter::string(ByteView bytes) {
  u16(bytes.size());
  raw(bytes);
}

Result<ByteView> read_string(ByteReader& reader, std::size_t limit) {
  KAITO_TRY(const std::uint16_t size, reader.u16());
  if (size > limit) return fail(Code::invalid_request, fmt::format("{} bytes where at most {} may be", size, limit));
  return reader.take(size);
}

Result<std::string> read_text(ByteReader& reader, std::size_t limit) {
  KAITO_TRY(const ByteView bytes, read_string(reader, limit));
  return std::string(as_text(bytes));
}

}  // namespace kaito::hsm
