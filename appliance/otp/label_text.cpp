#include "appliance/otp/label_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace kaito::otp {
namespace {

// Length of the UTF-8 sequence at the start of `text`, 0 when it is malformed.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  std::uint32_t code_point = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    code_point = code_point << 6 | (byte(i) & 0x3fU);
  }
  if (length == 3 && (code_point < 0x800 || (code_point >= 0xd800 && code_point <= 0xdfff))) return 0;
  if (length == 4 && (code_point < 0x10000 || code_point > 0x10ffff)) return 0;
  return length;
}

// `text` is UTF-8, in which U+0080 to U+009F are C2 80 to C2 9F.
bool has_control_characters(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

std::string_view trim_spaces(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Result<std::string> clean_label(std::string_view field, std::string_view text) {
  text = trim_spaces(text);
  if (text.size() > kMaxLabelBytes)
    return fail_invalid(std::string(field), fmt::format("is longer than {} bytes", kMaxLabelBytes));
  if (!is_utf8(text)) return fail_invalid(std::string(field), "is not UTF-8");
  if (has_control_characters(text)) return fail_invalid(std::string(field), "has control characters");
  return std::string(text);
}

std::string_view harmless(std::string_view text, std::string_view instead) noexcept {
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 12 && std::ranges::all_of(text, plain) ? text : instead;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) noexcept {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  return std::ranges::equal(text, lower_case, same);
}

Label split_label(std::string_view text) noexcept {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {.issuer = {}, .account = text};
  return {.issuer = text.substr(0, colon), .account = text.substr(colon + 1)};
}

}  // namespace kaito::otp
