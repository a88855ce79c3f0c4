#include "appliance/auth/webauthn/utf8.hpp"

namespace kaito::webauthn {
namespace {

// Length of the sequence that `text` begins with, and the bounds of its second byte (RFC 3629 §4). 0 when none begins.
struct Lead {
  std::size_t length;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Lead lead(std::uint8_t byte) noexcept {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte < 0xf0)
    return {3, byte == 0xe0 ? std::uint8_t{0xa0} : std::uint8_t{0x80},
            byte == 0xed ? std::uint8_t{0x9f} : std::uint8_t{0xbf}};
  if (byte < 0xf5)
    return {4, byte == 0xf0 ? std::uint8_t{0x90} : std::uint8_t{0x80},
            byte == 0xf4 ? std::uint8_t{0x8f} : std::uint8_t{0xbf}};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(ByteView text) noexcept {
  while (!text.empty()) {
    const Lead first = lead(text[0]);
    if (first.length == 0 || first.length > text.size()) return false;
    if (first.length > 1 && (text[1] < first.second_min || text[1] > first.second_max)) return false;
    for (std::size_t i = 2; i < first.length; ++i)
      if (text[i] < 0x80 || text[i] > 0xbf) return false;
    text = text.subspan(first.length);
  }
  return true;
}

}  // namespace kaito::webauthn
