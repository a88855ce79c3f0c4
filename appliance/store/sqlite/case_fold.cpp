#include "appliance/store/sqlite/case_fold.hpp"

#include <locale.h>
#include <wctype.h>

#include <cstdint>

#include "appliance/base/invariant.hpp"

namespace kaito::store::sqlite {
namespace {

locale_t utf8_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  KAITO_INVARIANT(locale != nullptr);  // built into glibc since 2.35
  return locale;
}

constexpr std::size_t sequence_length(std::uint8_t lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}

// The character at the front of `text`, or 0 when it is ASCII or not a whole UTF-8 sequence.
std::uint32_t decode(std::string_view text, std::size_t length) {
  if (length == 1 || text.size() < length) return 0;
  std::uint32_t character = static_cast<std::uint8_t>(text[0]) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    character = (character << 6) | (byte & 0x3f);
  }
  return character;
}

void encode(std::string& out, std::uint32_t character) {
  if (character < 0x80) {
    out.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (character >> 6)));
    out.push_back(static_cast<char>(0x80 | (character & 0x3f)));
  } else if (character < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (character >> 12)));
    out.push_back(static_cast<char>(0x80 | ((character >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (character & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (character >> 18)));
    out.push_back(static_cast<char>(0x80 | ((character >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((character >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (character & 0x3f)));
  }
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(static_cast<std::uint8_t>(text[0]));
    const std::uint32_t character = decode(text, length);
    const std::size_t taken = character == 0 ? 1 : length;
    if (character != 0) {
      encode(out, static_cast<std::uint32_t>(towlower_l(static_cast<wint_t>(character), utf8_locale())));
    } else {
      const char byte = text[0];
      out.push_back(byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte);
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace kaito::store::sqlite
