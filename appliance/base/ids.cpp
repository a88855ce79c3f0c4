#include "appliance/base/ids.hpp"

namespace kaito {

UuidBytes make_uuid_v7(TimePoint now, Random& random) {
  UuidBytes bytes{};
  random.fill(bytes);
  const auto milliseconds = static_cast<std::uint64_t>(to_unix_ms(now));
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x70);  // version 7
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant 10
  return bytes;
}

UuidText uuid_text(const UuidBytes& bytes) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  UuidText text{};
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) text[at++] = '-';
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 0xf];
  }
  return text;
}

std::string uuid_to_string(const UuidBytes& bytes) {
  const UuidText text = uuid_text(bytes);
  return {text.data(), text.size()};
}

Result<UuidBytes> uuid_from_string(std::string_view text) {
  UuidBytes bytes{};
  if (text.size() != 36) return fail(Code::invalid_request, "not a UUID");
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return fail(Code::invalid_request, "not a UUID");
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9')
      value = c - '0';
    else if (c >= 'a' && c <= 'f')
      value = c - 'a' + 10;
    else
      return fail(Code::invalid_request, "not a UUID in lower case");
    bytes[nibble / 2] = static_cast<std::uint8_t>(bytes[nibble / 2] << 4 | value);
    ++nibble;
  }
  return bytes;
}

}  // namespace kaito
