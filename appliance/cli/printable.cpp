#include "appliance/cli/printable.hpp"

#include "appliance/base/utf8.hpp"

namespace kaito::cli {
namespace {

// Of a sequence that utf8_sequence() accepted.
char32_t decode(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first;
  char32_t point = first & (0xffU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return point;
}

bool hostile(char32_t point) {
  const auto within = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
  return point < 0x20 || within(0x7f, 0x9f) || point == 0x061c || within(0x200b, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2066, 0x2069) || point == 0xfeff;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    const auto sequence = text.substr(0, size == 0 ? 1 : size);
    text.remove_prefix(sequence.size());
    if (size == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(sequence.front()));
      continue;
    }
    const char32_t point = decode(sequence);
    if (!hostile(point))
      out += sequence;
    else if (point < 0x100)
      out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(point));
    else
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
  }
  return out;
}

std::size_t width(std::string_view printable_text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(printable_text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace kaito::cli
