#include "appliance/auth/webauthn/cbor_writer.hpp"

namespace kaito::webauthn::cbor {

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto type = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    append_u8(out_, static_cast<std::uint8_t>(type | argument));
  } else if (argument <= 0xff) {
    append_u8(out_, type | 24);
    append_u8(out_, static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xffff) {
    append_u8(out_, type | 25);
    append_u16(out_, static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xffffffff) {
    append_u8(out_, type | 26);
    append_u32(out_, static_cast<std::uint32_t>(argument));
  } else {
    append_u8(out_, type | 27);
    append_u64(out_, argument);
  }
}

Writer& Writer::integer(std::int64_t value) {
  if (value >= 0)
    head(0, static_cast<std::uint64_t>(value));
  else
    head(1, static_cast<std::uint64_t>(-1 - value));
  return *this;
}

Writer& Writer::bytes(ByteView value) {
  head(2, value.size());
  append(out_, value);
  return *this;
}

Writer& Writer::text(std::string_view value) {
  head(3, value.size());
  append(out_, as_bytes(value));
  return *this;
}

Writer& Writer::boolean(bool value) {
  append_u8(out_, value ? 0xf5 : 0xf4);
  return *this;
}

Writer& Writer::array(std::size_t elements) {
  head(4, elements);
  return *this;
}

Writer& Writer::map(std::size_t entries) {
  head(5, entries);
  return *this;
}

Writer& Writer::raw(ByteView encoded) {
  append(out_, encoded);
  return *this;
}

}  // namespace kaito::webauthn::cbor
